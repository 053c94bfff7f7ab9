import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporalBinary } from '../../../gateway/up/temporal-binary.ts';
import { firstMessage, forkFixture } from '../../testkit/processes.ts';
import { removeHome } from '../../testkit/servers.ts';
import { temporaryHome } from '../../testkit/temporary-home.ts';

const FIXTURE = new URL('./fixtures/find-temporal.ts', import.meta.url);
const WORKS = '#!/bin/sh\necho temporal version 9.9.9\n';
/** A build of one second that counts itself and brings a program which works. */
const GO = `#!/bin/sh
[ "$1" = version ] && exit 0
/bin/sleep 1
echo "$2" >> "$COUNT"
printf '${WORKS.replaceAll('\n', '\\n')}' > "$GOBIN/temporal"
/bin/chmod 755 "$GOBIN/temporal"
`;

let folder: string;
beforeEach(() => {
  folder = temporaryHome();
});
afterEach(() => removeHome(folder));

function program(name: string, text: string): string {
  const file = join(folder, name);
  mkdirSync(join(file, '..'), { recursive: true });
  writeFileSync(file, text, { mode: 0o755 });
  return file;
}

/** No download can succeed: the SDK asks a proxy that isn't there. */
function environment(): NodeJS.ProcessEnv {
  const nowhere = 'http://127.0.0.1:1';
  return { PATH: join(folder, 'path'), HTTPS_PROXY: nowhere, https_proxy: nowhere, COUNT: join(folder, 'count') };
}

function find(progress: string[] = []): Promise<string> {
  return temporalBinary({
    env: environment(),
    home: join(folder, 'home'),
    cache: join(folder, 'cache'),
    progress: (line) => progress.push(line),
  });
}

test('PATH comes before WEFT_HOME, and that before the user’s cache; one that does not run is passed over', async () => {
  const cached = program('cache/bin/temporal', WORKS);
  expect(await find()).toBe(cached);
  const own = program('home/bin/temporal', WORKS);
  expect(await find()).toBe(own);
  const broken = program('path/temporal', '#!/bin/sh\nexit 1\n');
  expect(await find()).toBe(own);
  program('path/temporal', WORKS);
  expect(await find()).toBe(broken);
});

test('where none of the ways works, one sentence says what to install and why each failed', async () => {
  await expect(find()).rejects.toThrow(
    /^Temporal is needed and was not found: install the `temporal` command .* \(download: .*; go install: Go is not installed\)$/,
  );
});

test('two that need a build at the same time build once', async () => {
  program('path/go', GO);
  const env = { ...process.env, ...environment() };
  const both = [1, 2].map(() => forkFixture(FIXTURE, env, join(folder, 'home'), join(folder, 'cache')));
  const found = await Promise.all(both.map((one) => firstMessage<{ path: string; lines: string[] }>(one)));
  const made = join(folder, 'cache/bin/temporal');
  expect(found.map(({ path }) => path)).toEqual([made, made]);
  expect(readFileSync(join(folder, 'count'), 'utf8')).toBe('github.com/temporalio/cli/cmd/temporal@v1.5.1\n');
  expect(found.flatMap(({ lines }) => lines).filter((line) => line.startsWith('Another Weft (pid '))).toHaveLength(1);
}, 60_000);
