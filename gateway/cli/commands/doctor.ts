import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

import { isSystemError } from '../../up/failure.ts';
import { ROOT } from '../../up/home.ts';
import { statusOf } from '../ask.ts';
import { failed, judged, passed, skipped, type Diagnosis } from '../diagnosis.ts';
import { CommandFailure, EXIT } from '../exit.ts';
import { OPERATIONS } from '../operations.ts';
import { portDiagnoses } from '../port-diagnoses.ts';
import { plural } from '../table.ts';
import { safeLine, type Terminal } from '../terminal.ts';

type Health = z.infer<(typeof OPERATIONS)['health']['answer']>;
type Product = Health['dataProducts']['nodes'][number];

const WITHIN_MS = 5_000;

/** Looks at everything that a start, a publish or a read needs, and says of each failure how it is mended. */
export async function doctor(terminal: Terminal): Promise<number> {
  const checks = [
    versions(),
    adminKey(terminal.settings.home),
    ...(await server(terminal)),
    await temporalUi(terminal),
  ];
  const healthy = checks.every(({ state }) => state !== 'failed');
  terminal.show({ healthy, checks }, () => checks.map((check) => checkText(check, terminal)).join('\n'));
  const failed = checks.filter(({ state }) => state === 'failed').length;
  terminal.say(
    healthy ? terminal.paint('green', 'All is well.') : terminal.paint('red', `${plural(failed, 'failure')}.`),
  );
  return healthy ? EXIT.done : EXIT.refused;
}

function versions(): Diagnosis {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const isNew = major > 20 || (major === 20 && minor >= 19);
  const message = `Weft ${ownVersion()} on Node ${process.versions.node}`;
  return judged('Versions', isNew, message, 'Install Node 20.19 or later.');
}

function ownVersion(): string {
  const { version } = z
    .object({ version: z.string() })
    .parse(JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')));
  return version;
}

function adminKey(home: string): Diagnosis {
  const file = join(home, 'admin.key');
  try {
    const mode = statSync(file).mode & 0o777;
    const message = `${file} has mode ${mode.toString(8)}`;
    return judged('Admin key', process.platform === 'win32' || (mode & 0o077) === 0, message, `chmod 600 '${file}'`);
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR', 'EACCES'))
      return skipped('Admin key', `none that this user can see at ${file}`);
    throw error;
  }
}

async function server(terminal: Terminal): Promise<Diagnosis[]> {
  const { settings, signal } = terminal;
  const { url } = settings;
  const alive = await statusOf(`${url}/healthz`, signal, WITHIN_MS);
  if (alive === null)
    return [
      failed('Server', `${url} cannot be reached`, 'weft up, or set WEFT_URL to where Weft runs'),
      ...(await portDiagnoses(settings)),
    ];
  if (alive !== 200)
    return [failed('Server', `${url}/healthz answers ${alive}: that is not Weft`, 'Set WEFT_URL to where Weft runs.')];
  const reached = passed('Server', `${url} is alive`);
  const ready = await statusOf(`${url}/readyz`, signal, WITHIN_MS);
  if (ready !== 200)
    return [
      reached,
      failed(
        'Graph',
        `/readyz answers ${ready ?? 'nothing'}: no graph is served`,
        `See ${join(settings.home, 'logs', 'gateway.log')}.`,
      ),
    ];
  return [reached, passed('Graph', 'a graph is served'), ...(await mesh(terminal))];
}

async function mesh(terminal: Terminal): Promise<Diagnosis[]> {
  let health: { me: Health['me']; products: Product[] };
  try {
    health = await allProducts(terminal);
  } catch (error) {
    if (!(error instanceof CommandFailure)) throw error;
    return [
      failed('Catalog', error.message, error.exit === EXIT.notAllowed ? 'Set WEFT_KEY.' : 'weft doctor, once more'),
    ];
  }
  const { me, products } = health;
  const key = judged(
    'Key',
    me.admin,
    me.admin ? `${me.name} may change the mesh` : `${me.name} may only read`,
    'Set WEFT_KEY to the admin key (WEFT_HOME/admin.key where Weft runs).',
  );
  const broken = products.filter(({ runs: [run] }) => run?.phase === 'failed');
  const late = products.filter(({ datasetVersion }) => datasetVersion?.withinSlo === false);
  const all = plural(products.length, 'product');
  return [
    terminal.settings.key === null && !me.admin ? skipped('Key', 'none given: reading only') : key,
    ...(broken.length === 0
      ? [passed('Runs', `the newest runs of ${all}: none failed`)]
      : broken.map(({ id, runs: [run] }) =>
          failed(
            'Runs',
            `the newest run of ${id} failed: ${run?.error?.message ?? ''}`,
            `weft run ${run?.id ?? ''}, then weft refresh ${id} --wait`,
          ),
        )),
    ...(late.length === 0
      ? [passed('Freshness', `${all}: none beyond its SLO`)]
      : late.map(({ id, datasetVersion: data }) =>
          failed(
            'Freshness',
            `${id} is beyond its SLO: its data are of ${data?.publishedAt ?? ''}`,
            `weft refresh ${id} --wait`,
          ),
        )),
  ];
}

async function allProducts({ ask }: Terminal): Promise<{ me: Health['me']; products: Product[] }> {
  const products: Product[] = [];
  for (let after: string | null = null; ;) {
    const { me, dataProducts }: Health = await ask(OPERATIONS.health, after === null ? {} : { after });
    products.push(...dataProducts.nodes);
    after = dataProducts.pageInfo.endCursor;
    if (!dataProducts.pageInfo.hasNextPage || after === null) return { me, products };
  }
}

async function temporalUi({ settings, signal }: Terminal): Promise<Diagnosis> {
  const { temporalUiUrl } = settings;
  if (temporalUiUrl === null)
    return skipped('Temporal', 'no address of its Web UI is known here (WEFT_TEMPORAL_UI_URL)');
  const status = await statusOf(temporalUiUrl, signal, WITHIN_MS);
  const isThere = status !== null && status < 500;
  return judged(
    'Temporal',
    isThere,
    `${temporalUiUrl} ${isThere ? 'answers' : 'does not answer'}`,
    'weft up, or start Temporal; what is asked meanwhile is queued',
  );
}

function checkText({ name, state, message, fix }: Diagnosis, { paint }: Terminal): string {
  const sign = state === 'passed' ? paint('green', '✔') : state === 'failed' ? paint('red', '✘') : paint('dim', '-');
  const line = `${sign} ${name.padEnd(9)}  ${safeLine(message)}`;
  return fix === null ? line : `${line}\n  ${' '.repeat(9)}  fix: ${safeLine(fix)}`;
}
