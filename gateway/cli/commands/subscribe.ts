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

/** Registers every .graphql file at and below a folder as what the consumer of the key goes on asking of a product. */
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

async function operationsIn(path: string, cwd: string): Promise<{ name: string; text: string }[]> {
  const folder = resolve(cwd, path);
  const files = await graphqlFiles(folder, path);
  if (files.length === 0) throw wrongUsage(`There is no .graphql file in ${path} or below it.`);
  if (files.length > FILES_MAX)
    throw wrongUsage(
      `${path} has ${files.length} .graphql files; ${FILES_MAX} are taken: name a folder of operations.`,
    );
  const operations: { name: string; text: string }[] = [];
  let bytes = 0;
  for (const file of files) {
    bytes += (await stat(file)).size;
    if (bytes > BYTES_MAX) throw wrongUsage(`The files of ${path} have more than ${BYTES_MAX} bytes in all.`);
    operations.push({ name: relative(folder, file).split(sep).join('/'), text: await readFile(file, 'utf8') });
  }
  return operations;
}

async function graphqlFiles(folder: string, path: string): Promise<string[]> {
  try {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    return entries
      .filter((entry) => entry.isFile() && entry.name.endsWith('.graphql'))
      .map((entry) => join(entry.parentPath, entry.name))
      .sort();
  } catch (error) {
    if (!isSystemError(error, 'ENOENT', 'ENOTDIR', 'EACCES')) throw error;
    throw wrongUsage(`${path} is no folder that can be read: name one with .graphql files, an operation in each.`);
  }
}
