import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { startChild, type Child } from '../../../gateway/up/children.ts';
import { openHome, type Home } from '../../../gateway/up/home.ts';
import { nodeChild } from '../../../gateway/up/node-child.ts';
import { runs, untilGone } from '../../testkit/processes.ts';
import { removeHome } from '../../testkit/servers.ts';
import { temporaryHome } from '../../testkit/temporary-home.ts';

const FIXTURE = 'tests/gateway/up/fixtures/child.ts';
let home: Home;
let child: Child | null = null;

beforeEach(async () => {
  home = await openHome(temporaryHome());
});
afterEach(async () => {
  await child?.stop();
  child = null;
  removeHome(home.folder);
});

test('a child that is killed is started again, and stays ended when it was stopped', async () => {
  const lines: string[] = [];
  child = await startChild(nodeChild('child', 'the child', FIXTURE, process.env), {
    ...home,
    onRestart: (line) => lines.push(line),
  });
  const first = child.pid()!;
  expect(home.registry.pids()).toEqual({ child: first });
  process.kill(first, 'SIGKILL');
  await until(() => child?.pid() !== first && home.registry.pids()['child'] === child?.pid());
  expect(lines).toEqual(['The child was ended by SIGKILL; starting it again in 0.25 s']);
  const second = child.pid()!;
  expect(runs(second)).toBe(true);
  await child.stop();
  await untilGone([first, second]);
  await sleep(600);
  expect(home.registry.pids()).toEqual({});
});

test('a child that fails before it is ready is told in its own last words, and not tried again', async () => {
  const spec = nodeChild('child', 'the child', FIXTURE, { ...process.env, FAIL: 'DATABASE_URL is missing' });
  await expect(startChild(spec, home)).rejects.toThrow(
    /^The child ended with exit code 1; see .*child\.log\. It says: Error: DATABASE_URL is missing$/,
  );
  expect(home.registry.pids()).toEqual({});
});

test('a child that never becomes ready is ended', async () => {
  const spec = { ...nodeChild('child', 'the child', FIXTURE, process.env), readyWithinMs: 1 };
  await expect(startChild(spec, home)).rejects.toThrow('The child was not ready within 0.001 s');
  expect(home.registry.pids()).toEqual({});
});

test('a start that is given up while the child comes up leaves no process', async () => {
  const ending = new AbortController();
  const starting = startChild(nodeChild('child', 'the child', FIXTURE, process.env), {
    ...home,
    signal: ending.signal,
  });
  await until(() => home.registry.pids()['child'] !== undefined);
  const pid = home.registry.pids()['child']!;
  ending.abort();
  await expect(starting).rejects.toThrow('The child was stopped before it was ready.');
  expect(runs(pid)).toBe(false);
});

async function until(holds: () => boolean): Promise<void> {
  for (const end = Date.now() + 15_000; !holds();) {
    if (Date.now() > end) throw new Error('Never came');
    await sleep(20);
  }
}
