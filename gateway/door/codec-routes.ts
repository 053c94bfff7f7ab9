import express, { type Request, type RequestHandler, Router } from 'express';
import { z } from 'zod';
import { Refusal } from '../../schema/errors.ts';
import type { PayloadCodec } from '../../schema/payload-codec.ts';
import type { Actor } from '../actor.ts';

/** As Temporal's command line and Web UI send them: Protobuf's JSON, bytes in base64. */
const asked = z.object({
  payloads: z
    .array(
      z.object({
        metadata: z.record(z.string(), z.base64()).default({}),
        data: z.base64().default(''),
      }),
    )
    .max(10_000),
});

/**
 * `/codec/decode`: Temporal's remote codec, for the Web UI and `temporal --codec-endpoint`, with a key that has every right: as a bearer token, or, of a
 * browser, as the password of HTTP's basic scheme, for which `GET /codec/decode` asks. Encoding is not offered: nobody else writes payloads.
 */
export function codecRoutes(deps: {
  readonly codec: PayloadCodec;
  readonly actorOf: (authorization: string | undefined) => Actor;
  /** Whose pages may read the answer. */
  readonly uiUrl: string | null;
}): Router {
  const { codec, actorOf, uiUrl } = deps;
  const router = Router();
  router.use(forPagesOf(uiUrl));
  router.use((request, response, next) => {
    if (actorOf(bearer(request)).admin) next();
    else response.set('WWW-Authenticate', 'Basic realm="Weft: an admin key as the password"').status(401).end();
  });
  router.get('/decode', (_request, response) => {
    response.type('text/plain').send('This browser may have payloads decoded until it is closed.\n');
  });
  router.post('/decode', express.json({ limit: '16mb' }), async (request, response) => {
    const read = asked.safeParse(request.body);
    if (!read.success) throw new Refusal('BAD_INPUT', 'The payloads are not as Temporal sends them.');
    const payloads = await decoded(codec, read.data.payloads);
    response.json({ payloads });
  });
  return router;
}

async function decoded(codec: PayloadCodec, payloads: z.infer<typeof asked>['payloads']): Promise<unknown[]> {
  const given = payloads.map(({ metadata, data }) => ({
    metadata: Object.fromEntries(Object.entries(metadata).map(([name, value]) => [name, Buffer.from(value, 'base64')])),
    data: Buffer.from(data, 'base64'),
  }));
  const clear = await codec.decode(given).catch((error: unknown) => {
    throw new Refusal('BAD_INPUT', error instanceof Error ? error.message : String(error));
  });
  return clear.map(({ metadata, data }) => ({
    metadata: Object.fromEntries(
      Object.entries(metadata ?? {}).map(([name, value]) => [name, Buffer.from(value).toString('base64')]),
    ),
    data: Buffer.from(data ?? new Uint8Array()).toString('base64'),
  }));
}

/** The Web UI asks from another origin, with what the browser knows to be its user's. */
function forPagesOf(uiUrl: string | null): RequestHandler {
  const origin = uiUrl === null ? null : new URL(uiUrl).origin;
  return (request, response, next) => {
    if (origin !== null && request.headers.origin === origin)
      response.set({
        'Access-Control-Allow-Origin': origin,
        'Access-Control-Allow-Credentials': 'true',
        'Access-Control-Allow-Headers': 'authorization, content-type, x-namespace, caller-type',
        'Access-Control-Allow-Methods': 'POST',
        Vary: 'Origin',
      });
    if (request.method === 'OPTIONS') response.status(204).end();
    else next();
  };
}

function bearer(request: Request): string | undefined {
  const { authorization } = request.headers;
  const [, basic] = /^Basic (.+)$/i.exec(authorization ?? '') ?? [];
  if (basic === undefined) return authorization;
  const [, ...password] = Buffer.from(basic, 'base64').toString().split(':');
  return `Bearer ${password.join(':')}`;
}
