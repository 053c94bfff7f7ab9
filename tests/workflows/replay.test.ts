import { mkdtemp, readdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { beforeAll, expect, test } from '@jest/globals';
import { bundleWorkflowCode, DefaultLogger, Runtime, Worker } from '@temporalio/worker';

import { workflowBundle } from '../../workflows/bundle.ts';
import { readHistory } from './history-file.ts';

/** Made by record-histories.ts: one set a released workflow. */
const HISTORIES = fileURLToPath(new URL('../fixtures/histories/', import.meta.url));
const silent = { trace: ignore, debug: ignore, info: ignore, log: ignore, warn: ignore, error: ignore };

let histories: { workflowId: string; history: unknown }[];

beforeAll(async () => {
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  const names = (await readdir(HISTORIES)).filter((name) => name.endsWith('.json')).sort();
  histories = await Promise.all(
    names.map(async (name) => ({
      workflowId: name,
      history: readHistory(await readFile(join(HISTORIES, name), 'utf8')),
    })),
  );
});

async function replay(workflowBundle: { codePath: string } | { code: string }): Promise<Record<string, string | null>> {
  const outcome: Record<string, string | null> = {};
  for await (const { workflowId, error } of Worker.runReplayHistories({ workflowBundle }, histories))
    outcome[workflowId] = error === undefined ? null : error.name;
  return outcome;
}

test('runs that began with the released workflows go on with these', async () => {
  const codePath = await workflowBundle(await mkdtemp(join(tmpdir(), 'weft-bundle-')), { encrypted: false });
  expect(histories.length).toBeGreaterThanOrEqual(3);
  expect(await replay({ codePath })).toEqual(Object.fromEntries(histories.map(({ workflowId }) => [workflowId, null])));
}, 120_000);

test('a workflow whose order of stages changed is found out', async () => {
  const { code } = await bundleWorkflowCode({
    workflowsPath: fileURLToPath(new URL('../../workflows/workflows.ts', import.meta.url)),
    logger: silent,
  });
  const bent = code.replace(/(["'])extract\1,(\s*)\1land\1/, '$1land$1,$2$1extract$1');
  // Not by toBe: a difference would print the bundle.
  expect(bent === code).toBe(false);
  expect(Object.values(await replay({ code: bent }))).toContain('DeterminismViolationError');
}, 120_000);

function ignore(): void {
  // Not of interest here.
}
