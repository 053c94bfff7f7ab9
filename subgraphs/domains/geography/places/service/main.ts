import knex from 'knex';
import { pino } from 'pino';
import { z } from 'zod';
import { startPlaces } from './server.ts';

const config = z
  .object({
    HOST: z.string().default('127.0.0.1'),
    PORT: z.coerce.number().int().min(0).max(65535).default(4101),
    // A read-only login: all that this service asks of the mesh's database is the published view `network.airports`.
    DATABASE_URL: z.url(),
  })
  .parse(process.env);

const log = pino({ name: 'places' });
const database = knex({
  client: 'pg',
  // 1,000 airports, the gateway's largest page, take about 1.5 s; what takes longer than 5 s is given up.
  connection: { connectionString: config.DATABASE_URL, application_name: 'places', statement_timeout: 5_000 },
  acquireConnectionTimeout: 5_000,
  pool: { min: 0, max: 4 },
});
const places = await startPlaces({ database, log }, { host: config.HOST, port: config.PORT });
log.info({ url: places.url }, 'places serves');

// Ends once, by a signal or when the parent goes. The listeners stay: a signal that nobody hears would end this at once.
let ended: Promise<void> | undefined;
for (const end of ['SIGTERM', 'SIGINT', 'disconnect']) process.on(end, () => void (ended ??= stop()));
// To `npm start`, if that is the parent.
process.send?.({ ready: true });

async function stop(): Promise<void> {
  await places.stop();
  await database.destroy();
  process.exit();
}
