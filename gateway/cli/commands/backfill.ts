import { setTimeout as sleep } from 'node:timers/promises';
import type { ShownBackfill } from '../answer-shapes.ts';
import { CommandFailure, EXIT, type ExitCode } from '../exit.ts';
import { endOf, followRun } from '../follow-run.ts';
import { OPERATIONS } from '../operations.ts';
import { counted, details, table } from '../table.ts';
import { safeLine, type Terminal } from '../terminal.ts';

/** What `weft backfill` is given besides the product. */
export interface BackfillOptions {
  readonly from?: string;
  readonly to?: string;
  readonly by?: string;
  readonly atOnce?: number;
  readonly reason?: string;
  readonly wait?: boolean;
  readonly cancel?: boolean;
  readonly retry?: boolean;
}

const POLL_MS = 1_000;

/** Asks for a backfill, or does something about the product's newest one; without either lists what there was. */
export async function backfill(terminal: Terminal, id: string, options: BackfillOptions): Promise<ExitCode> {
  const { from, to, by, atOnce, reason, wait, cancel, retry } = options;
  if ([from !== undefined, cancel, retry].filter((one) => one === true).length > 1)
    throw new CommandFailure(EXIT.usage, 'USAGE', 'Say one of --from, --cancel and --retry.');
  if (cancel === true || retry === true) {
    const { id: newest } = await newestOf(terminal, id);
    const operation = cancel === true ? OPERATIONS.cancelBackfill : OPERATIONS.retryBackfill;
    const { backfill: changed } = await terminal.ask(operation, { id: newest });
    return show(terminal, id, changed, wait);
  }
  if (from === undefined) return list(terminal, id);
  const { backfill: asked } = await terminal.ask(OPERATIONS.backfill, { id, from, to, by, atOnce, reason });
  return show(terminal, id, asked, wait);
}

async function list(terminal: Terminal, id: string): Promise<ExitCode> {
  const backfills = await backfillsOf(terminal, id);
  terminal.show({ backfills }, () =>
    table(
      ['BACKFILL', 'PHASE', 'FROM', 'TO', 'SLICES', 'READ', 'ROWS', 'REQUESTED'],
      backfills.map((one) => [
        one.id,
        one.phase,
        one.from,
        one.to,
        String(one.slices),
        String(one.slicesRead),
        counted(one.rowsRead),
        one.requestedAt.slice(0, 19).replace('T', ' '),
      ]),
    ),
  );
  return EXIT.done;
}

async function show(terminal: Terminal, product: string, asked: ShownBackfill, wait?: boolean): Promise<ExitCode> {
  const backfill = wait === true ? await follow(terminal, product, asked) : asked;
  terminal.show({ backfill }, () =>
    details([
      ['backfill', backfill.id],
      ['phase', backfill.phase],
      ['range', `${backfill.from} to ${backfill.to}, by ${backfill.by}`],
      [
        'slices',
        `${counted(backfill.slicesRead)} of ${counted(backfill.slices)} read, ${counted(backfill.rowsRead)} rows`,
      ],
      ['run', backfill.run?.id],
      ['error', backfill.error === null ? null : `${backfill.error.code}: ${backfill.error.message}`],
    ]),
  );
  if (wait !== true) {
    terminal.say(`Next: weft backfill ${safeLine(product)}`);
    return EXIT.done;
  }
  return backfill.phase === 'done' ? EXIT.done : EXIT.refused;
}

/** Tells how far it is, then the stages of the run that merges it. */
async function follow(terminal: Terminal, product: string, { id }: ShownBackfill): Promise<ShownBackfill> {
  for (let told = -1; ;) {
    const found = await requireBackfill(terminal, product, id);
    if (found.run !== null && found.phase === 'merging') {
      endOf(await followRun(terminal, found.run.id), terminal);
      continue;
    }
    if (found.phase !== 'reading') return found;
    if (found.slicesRead !== told)
      terminal.say(safeLine(`${product}  ${counted(found.slicesRead)} of ${counted(found.slices)} slices read`));
    told = found.slicesRead;
    await sleep(POLL_MS, undefined, { signal: terminal.signal });
  }
}

async function requireBackfill(terminal: Terminal, product: string, id: string): Promise<ShownBackfill> {
  const found = (await backfillsOf(terminal, product)).find((one) => one.id === id);
  if (found === undefined) throw new CommandFailure(EXIT.refused, 'NOT_FOUND', `There is no backfill ${id}.`);
  return found;
}

async function newestOf(terminal: Terminal, product: string): Promise<ShownBackfill> {
  const [newest] = await backfillsOf(terminal, product);
  if (newest === undefined)
    throw new CommandFailure(EXIT.refused, 'NOT_FOUND', `There was no backfill of ${product} yet.`);
  return newest;
}

async function backfillsOf({ ask }: Pick<Terminal, 'ask'>, id: string): Promise<readonly ShownBackfill[]> {
  const { dataProduct } = await ask(OPERATIONS.backfills, { id });
  if (dataProduct === null) throw new CommandFailure(EXIT.refused, 'NOT_FOUND', `There is no product ${id}.`);
  return dataProduct.backfills;
}
