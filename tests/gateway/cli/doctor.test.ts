import { expect, test } from '@jest/globals';
import { chmodSync } from 'node:fs';

import { freePorts } from '../../testkit/free-port.ts';
import { answering, folderOf, weft } from './weft.ts';

interface Looked {
  readonly healthy: boolean;
  readonly checks: readonly {
    readonly name: string;
    readonly state: string;
    readonly message: string;
    fix: string | null;
  }[];
}

/** Ports that `up` would find free. */
async function free(): Promise<Record<string, string>> {
  const [port, temporal, ui] = await freePorts(3);
  return { PORT: String(port), WEFT_TEMPORAL_PORT: String(temporal), WEFT_TEMPORAL_UI_PORT: String(ui) };
}

test('where nothing runs, doctor says what to do and whether the ports are free: 1', async () => {
  const env = await free();
  const ran = await weft(['doctor', '--json'], { env });
  const { healthy, checks } = ran.json<Looked>();
  expect(healthy).toBe(false);
  expect(checks.map(({ name, state }) => `${name} ${state}`)).toEqual([
    'Versions passed',
    'Admin key skipped',
    'Server failed',
    'Ports passed',
    'Temporal skipped',
  ]);
  expect(checks[2]!.fix).toContain('weft up');
  expect(ran.code).toBe(1);
});

test('a busy port is named with the variable that chooses another', async () => {
  const other = await answering(404, 'not Weft');
  const port = new URL(other.url).port;
  const ran = await weft(['doctor'], { env: { ...(await free()), WEFT_TEMPORAL_UI_PORT: port } });
  await other.stop();
  expect(ran.out).toContain(`Ports      ${port} for the Temporal Web UI is busy`);
  expect(ran.out).toContain('fix: End what listens there, or set WEFT_TEMPORAL_UI_PORT to a free port.');
});

test('an environment in which `up` would not start is named', async () => {
  const ran = await weft(['doctor'], { env: { PORT: 'http' } });
  expect(ran.out).toMatch(/✘ Ports {6}The environment is not as it must be\. PORT: /);
});

test('an admin key that others may read fails, with the command that mends it', async () => {
  const home = folderOf({ 'admin.key': 'weft_admin_0123456789\n' });
  const file = `${home.path}/admin.key`;
  chmodSync(file, 0o644);
  const ran = await weft(['doctor'], { env: { ...(await free()), WEFT_HOME: home.path } });
  home.remove();
  expect(ran.out).toContain('has mode 644');
  expect(ran.out).toContain(`fix: chmod 600 '${file}'`);
  expect(ran.out).not.toContain('weft_admin_0123456789');
});

test('a server that is not Weft, and a Temporal that does not answer, fail', async () => {
  const other = await answering(404, 'not Weft');
  const env = { WEFT_URL: other.url, WEFT_TEMPORAL_UI_URL: 'http://127.0.0.1:9' };
  const ran = await weft(['doctor'], { env });
  await other.stop();
  expect(ran.out).toContain(`${other.url}/healthz answers 404: that is not Weft`);
  expect(ran.out).toContain('http://127.0.0.1:9 does not answer');
  expect(ran.code).toBe(1);
});
