import { mkdir, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, extname, join, relative, resolve, sep } from 'node:path';
import type { z } from 'zod';

import { isSystemError } from '../../up/failure.ts';
import type { ShownExport } from '../answer-shapes.ts';
import { CommandFailure, EXIT, wrongUsage } from '../exit.ts';
import { OPERATIONS } from '../operations.ts';
import { plural } from '../table.ts';
import { safeLine, type Terminal } from '../terminal.ts';

type Page = z.infer<(typeof OPERATIONS)['exportAll']['answer']>;

export interface ExportOptions {
  readonly format: string;
  readonly revision?: number;
  readonly output?: string;
  readonly all?: boolean;
}

/** Products a page: an export of the graph's part of each takes a moment. */
const PAGE = 20;

/** Writes a product, or all of them, in the words of a standard: to stdout, or as files; letter by letter as the server has them. */
export async function exportProducts(
  terminal: Terminal,
  id: string | undefined,
  options: ExportOptions,
): Promise<number> {
  const { format, output, all = false } = options;
  if ((id === undefined) !== all) throw wrongUsage('Name one product (`weft products` lists them), or all by --all.');
  if (all && options.revision !== undefined) throw wrongUsage('A revision is one of one product: name it.');
  if (all && output === undefined && !terminal.json) throw wrongUsage('Name a folder for the files of all: --output.');
  const exported = id === undefined ? await everyProduct(terminal, format) : [await oneProduct(terminal, id, options)];
  if (output === undefined) {
    show(terminal, exported, format);
    return EXIT.done;
  }
  const written = await write(resolve(terminal.cwd, output), exported, all);
  const files = written.map((file) => relative(terminal.cwd, file));
  terminal.show({ format, written: files }, () => files.map(safeLine).join('\n'));
  terminal.say(`${plural(files.length, 'file')} written.`);
  return EXIT.done;
}

async function oneProduct({ ask }: Terminal, id: string, { format, revision }: ExportOptions): Promise<ShownExport> {
  const variables = { id, format: format.toUpperCase(), ...(revision !== undefined && { revision }) };
  const { dataProduct } = await ask(OPERATIONS.export, variables);
  if (dataProduct !== null) return dataProduct;
  throw new CommandFailure(EXIT.refused, 'NOT_FOUND', `There is no product ${id}: \`weft products\` lists them.`);
}

async function everyProduct({ ask }: Terminal, format: string): Promise<ShownExport[]> {
  const found: ShownExport[] = [];
  for (let after: string | null = null, more = true; more;) {
    const variables: Record<string, unknown> = {
      format: format.toUpperCase(),
      first: PAGE,
      ...(after !== null && { after }),
    };
    const { dataProducts }: Page = await ask(OPERATIONS.exportAll, variables);
    found.push(...dataProducts.nodes);
    after = dataProducts.pageInfo.endCursor;
    more = dataProducts.pageInfo.hasNextPage && after !== null;
  }
  return found;
}

function show(terminal: Terminal, exported: readonly ShownExport[], format: string): void {
  const files = exported.flatMap((product) => product.export);
  if (terminal.json || terminal.streams.out.isTTY === true) {
    const products = exported.map(({ id, export: of }) => ({ id, files: of }));
    terminal.show({ format, products }, () => joined(files, format));
  } else terminal.streams.out.write(joined(files, format));
}

/** Several YAML documents are one stream; those of other formats follow one another. */
function joined(files: readonly { readonly text: string }[], format: string): string {
  const texts = files.map(({ text }) => (files.length > 1 && !text.endsWith('\n') ? `${text}\n` : text));
  return texts.join(format === 'odcs' || format === 'odps' ? '---\n' : '');
}

/** Answers the files that were written; a single one becomes `output` itself where that is named as a file of its kind is. */
async function write(output: string, exported: readonly ShownExport[], all: boolean): Promise<string[]> {
  const files = exported.flatMap(({ id, export: of }) =>
    of.map(({ path, text }) => ({ path: all ? join(id, path) : path, text })),
  );
  const [only, ...others] = files;
  if (only === undefined) return [];
  const isFile = !all && others.length === 0 && extname(output) === extname(only.path) && !(await isFolder(output));
  const placed = isFile
    ? [{ file: output, text: only.text }]
    : files.map(({ path, text }) => ({ file: within(output, path), text }));
  for (const { file, text } of placed) {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
  }
  return placed.map(({ file }) => file);
}

/** The server names paths below the folder; one that leads out of it is none of them. */
function within(folder: string, path: string): string {
  const file = resolve(folder, path);
  return file.startsWith(`${resolve(folder)}${sep}`) ? file : join(folder, basename(path));
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR')) return false;
    throw error;
  }
}
