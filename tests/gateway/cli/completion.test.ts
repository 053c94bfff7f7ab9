import { afterAll, expect, test } from '@jest/globals';
import { execFileSync, spawnSync } from 'node:child_process';
import { join } from 'node:path';

import { answering, folderOf, weft } from './weft.ts';

const place = folderOf({ 'returns/product.odps.yaml': '', 'queries.graphql': '' });
afterAll(place.remove);

/** What bash offers for a line that is being written, with a `weft` that knows two products. */
async function offered(line: string): Promise<string[]> {
  const { out } = await weft(['completion', 'bash']);
  const script = `weft() { echo 'network/airports'; echo 'network/routes'; }
${out}
read -ra COMP_WORDS <<< "$1"
[[ "$1" == *' ' ]] && COMP_WORDS+=("")
COMP_CWORD=$((\${#COMP_WORDS[@]} - 1))
_weft
printf '%s\\n' "\${COMPREPLY[@]}"`;
  const text = execFileSync('bash', ['--norc', '-c', script, 'bash', line], { encoding: 'utf8', cwd: place.path });
  return text.split('\n').filter((one) => one !== '');
}

test.each([
  ['weft ch', ['check']],
  ['weft pro', ['products', 'product']],
  ['weft check --f', ['--format']],
  ['weft check . --format ', ['text', 'json', 'markdown', 'sarif']],
  ['weft check --format s', ['sarif']],
  ['weft check r', ['returns']],
  ['weft product ', ['network/airports', 'network/routes']],
  ['weft refresh network/r', ['network/routes']],
  ['weft runs --product network/a', ['network/airports']],
  ['weft runs --phase f', ['failed']],
  ['weft query q', ['queries.graphql']],
  ['weft completion z', ['zsh']],
  ['weft runs --limit ', []],
  ['weft doctor ', []],
])('bash completes `%s`', async (line, words) => {
  expect(await offered(line)).toEqual(words);
});

test('every command and option of the help is in the script of each shell', async () => {
  const { out: help } = await weft(['--help']);
  const commands = [...help.matchAll(/^ {2}([a-z]+) /gm)]
    .map(([, name = '']) => name)
    .filter((name) => name !== 'help');
  for (const shell of ['bash', 'zsh', 'fish']) {
    const { out, code } = await weft(['completion', shell]);
    expect(code).toBe(0);
    for (const name of commands) expect(out).toContain(name);
    expect(out).toMatch(shell === 'fish' ? /-l offline/ : /--offline/);
    expect(out).not.toContain('undefined');
  }
});

test.each(['bash', 'zsh', 'fish'])('%s, where it is there, takes the script', async (shell) => {
  const { out } = await weft(['completion', shell]);
  const { path, remove } = folderOf({ script: out });
  const ran = spawnSync(shell, ['-n', join(path, 'script')], { encoding: 'utf8' });
  remove();
  if (ran.error === undefined) expect([ran.status, ran.stderr]).toEqual([0, '']);
});

test('products are offered by their ids, and what would be run by a shell is not', async () => {
  const node = (id: string): unknown => ({
    id,
    name: '',
    version: '1.0.0',
    status: 'active',
    kind: 'MANAGED',
    tags: [],
    datasetVersion: null,
  });
  const nodes = [node('network/airports'), node('$(touch x)/y'), node('a b/c')];
  const dataProducts = { totalCount: 3, nodes, pageInfo: { hasNextPage: false, endCursor: null } };
  const server = await answering(200, JSON.stringify({ data: { dataProducts } }));
  const ran = await weft(['completion-products'], { env: { WEFT_URL: server.url } });
  await server.stop();
  expect(ran.out).toBe('network/airports\n');
});

test('without a server there are no products to offer, and that is no fault', async () => {
  expect(await weft(['completion-products'])).toMatchObject({ code: 0, out: '', err: '' });
});

test('a shell that there is no completion for is wrong usage', async () => {
  const ran = await weft(['completion', 'tcsh']);
  expect(ran.err).toContain('bash, zsh, fish');
  expect(ran.code).toBe(2);
});
