import { afterEach, expect, test } from '@jest/globals';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { identify } from '../../../gateway/up/identity.ts';
import { lockHolder, takeLock } from '../../../gateway/up/lock.ts';
import { firstMessage, forkFixture, killHard } from '../../testkit/processes.ts';
import { removeHome } from '../../testkit/servers.ts';
import { temporaryHome } from '../../testkit/temporary-home.ts';

const FIXTURE = new URL('./fixtures/take-lock.ts', import.meta.url);
const folders: string[] = [];
function newFolder(): string {
  const folder = temporaryHome();
  folders.push(folder);
  return join(folder, 'lock');
}
afterEach(() => folders.splice(0).forEach(removeHome));

test('of six that start in the same moment, exactly one wins, and again when that one was killed', async () => {
  const folder = newFolder();
  for (let round = 0; round < 2; round += 1) {
    const at = Date.now() + 3_000;
    const contenders = Array.from({ length: 6 }, () => forkFixture(FIXTURE, process.env, folder, String(at)));
    const won = await Promise.all(contenders.map(async (one) => (await firstMessage<{ held: boolean }>(one)).held));
    expect(won.filter((held) => held)).toHaveLength(1);
    expect(lockHolder(folder)?.pid).toBe(contenders[won.indexOf(true)]!.pid);
    await Promise.all(contenders.map(killHard));
    expect(lockHolder(folder)).toBeNull();
  }
}, 60_000);

test('a reused pid is not believed: the holder is told by its birth', () => {
  const folder = newFolder();
  mkdirSync(folder);
  writeFileSync(join(folder, '7'), JSON.stringify({ pid: process.ppid, born: 'long ago' }));
  expect(takeLock(folder)).toEqual({ held: true });
  expect(lockHolder(folder)?.pid).toBe(process.pid);
});

test('a living holder is named', () => {
  const folder = newFolder();
  mkdirSync(folder);
  const parent = identify(process.ppid)!;
  writeFileSync(join(folder, '7'), JSON.stringify(parent));
  expect(takeLock(folder)).toEqual({ held: false, by: parent });
});

test('a lock that a crash of the machine has cut off is nobody’s', () => {
  const folder = newFolder();
  mkdirSync(folder);
  writeFileSync(join(folder, '7'), '{"pid": 1');
  expect(takeLock(folder)).toEqual({ held: true });
});
