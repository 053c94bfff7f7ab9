import { readdir, readFile, stat } from 'node:fs/promises';
import { join, relative, resolve, sep } from 'node:path';

import { isSystemError } from '../../up/failure.ts';
import { EXIT, wrongUsage } from '../exit.ts';
import { OPERATIONS } from '../operations.ts';
import { plural } from '../table.ts';
import { safeLine, type Terminal } from '../terminal.ts';

/** A folder of operations has some ten; more is a wrong folder. */
const FILES_MAX = 200;
const BYTES_MAX = 1_000_000;

/**
 * Registers every .graphql file at and below a folder as what the consumer of the key goes on asking of a product. Beside
 * `name.graphql` may lie what it expects of its answer, in `name.expect.json`, and what it is asked with, in `name.variables.json`.
 */
export async function subscribe(
  terminal: Terminal,
  product: string,
  options: { readonly operations: string; readonly purpose?: string },
): Promise<number> {
  const operations = await operationsIn(options.operations, terminal.cwd);
  const { subscribe: made } = await terminal.ask(OPERATIONS.subscribe, {
    product,
    purpose: options.purpose ?? null,
    operations,
  });
  const names = made.operations.map(({ name }) => name);
  const { consumer, purpose, findings } = made;
  terminal.show({ product, consumer, purpose, operations: names, findings }, () =>
    [`${consumer} subscribes to ${product}`, ...names].map(safeLine).join('\n'),
  );
  for (const { message } of findings) terminal.warn(safeLine(message));
  terminal.say(`No publish goes through that would break one of these ${plural(names.length, 'operation')}.`);
  return EXIT.done;
}

/** Ends the consumer's subscription; an admin may end that of another. */
export async function unsubscribe(
  terminal: Terminal,
  product: string,
  options: { readonly consumer?: string },
): Promise<number> {
  const { unsubscribe: ended } = await terminal.ask(OPERATIONS.unsubscribe, {
    product,
    consumer: options.consumer ?? null,
  });
  terminal.show({ product, ended }, () => safeLine(`${product}  ${ended ? 'ended' : 'there was none'}`));
  return EXIT.done;
}

interface OperationFile {
  readonly name: string;
  readonly text: string;
  readonly variables?: unknown;
  readonly expects?: unknown;
}

async function operationsIn(path: string, cwd: string): Promise<OperationFile[]> {
  const folder = resolve(cwd, path);
  const all = await filesIn(folder, path);
  const files = all.filter((file) => file.endsWith('.graphql'));
  const beside = new Set(all.filter((file) => /\.(variables|expect)\.json$/.test(file)));
  if (files.length === 0) throw wrongUsage(`There is no .graphql file in ${path} or below it.`);
  if (files.length > FILES_MAX)
    throw wrongUsage(
      `${path} has ${files.length} .graphql files; ${FILES_MAX} are taken: name a folder of operations.`,
    );
  const operations: OperationFile[] = [];
  let bytes = 0;
  for (const file of files) {
    const base = file.slice(0, -'.graphql'.length);
    const [variables, expects] = [`${base}.variables.json`, `${base}.expect.json`].map((json) =>
      beside.delete(json) ? json : null,
    );
    for (const one of [file, variables, expects]) bytes += one == null ? 0 : (await stat(one)).size;
    if (bytes > BYTES_MAX) throw wrongUsage(`The files of ${path} have more than ${BYTES_MAX} bytes in all.`);
    operations.push({
      name: nameOf(folder, file),
      text: await readFile(file, 'utf8'),
      ...(variables != null && { variables: await readJson(folder, variables) }),
      ...(expects != null && { expects: await readJson(folder, expects) }),
    });
  }
  const lone = [...beside].find((file) => file.endsWith('.expect.json'));
  if (lone !== undefined) throw wrongUsage(`${nameOf(folder, lone)} has no .graphql file of its name beside it.`);
  return operations;
}

function nameOf(folder: string, file: string): string {
  return relative(folder, file).split(sep).join('/');
}

async function readJson(folder: string, file: string): Promise<unknown> {
  const text = await readFile(file, 'utf8');
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw wrongUsage(`${nameOf(folder, file)} is no JSON: ${(error as SyntaxError).message}`);
  }
}

async function filesIn(folder: string, path: string): Promise<string[]> {
  try {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    return entries
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .sort();
  } catch (error) {
    if (!isSystemError(error, 'ENOENT', 'ENOTDIR', 'EACCES')) throw error;
    throw wrongUsage(`${path} is no folder that can be read: name one with .graphql files, an operation in each.`);
  }
}
