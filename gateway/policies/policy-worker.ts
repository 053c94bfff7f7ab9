import { pathToFileURL } from 'node:url';
import { parentPort, workerData } from 'node:worker_threads';
import { z } from 'zod';
import type { Change } from '../../schema/contract/changes/change.ts';
import { linkMesh } from '../../schema/contract/link.ts';
import type { Mesh, Product } from '../../schema/contract/model.ts';
import type { ProductId } from '../../schema/ids.ts';
import { judgeByExpression } from '../../schema/policies/expression-policy.ts';
import type { OwnPolicy } from '../../schema/policies/own-policy.ts';
import type { PolicyContext, PolicyFinding } from '../../schema/policies/policy.ts';

/** A product as it goes to another thread, which takes no functions. */
export type SentProduct = Omit<Product, 'locate'>;

/** What judges, by the policy's id. */
export type SentPolicy = Pick<OwnPolicy, 'id' | 'source'>;

/** What the thread is told: the mesh once, then what to judge in it, one by one. */
export type ToWorker =
  | { readonly kind: 'mesh'; readonly products: readonly SentProduct[] }
  | {
      readonly kind: 'judge';
      readonly policy: string;
      readonly parameters: Readonly<Record<string, unknown>>;
      readonly product: ProductId;
      readonly before: SentProduct | null;
      readonly changes: readonly Change[];
      readonly today: string;
    };

/** What it answers: once when all is loaded, then once to each message. */
export type FromWorker =
  | { readonly kind: 'loaded'; readonly faults: readonly { readonly path: string; readonly message: string }[] }
  | { readonly kind: 'linked' }
  | { readonly kind: 'judged'; readonly found: readonly PolicyFinding[] }
  | { readonly kind: 'faulty'; readonly fault: string };

type Judge = (context: PolicyContext, parameters: Readonly<Record<string, unknown>>) => unknown;

const FINDINGS_MAX = 1_000;
const place = z.int().min(1).optional();
const findings = z
  .array(
    z.object({
      message: z.string().min(1),
      file: z.string().nullish(),
      path: z.string().optional(),
      line: place,
      column: place,
    }),
  )
  .max(FINDINGS_MAX);

const port = parentPort;
if (port === null) throw new Error('Policies of an organisation are judged in a thread of their own.');
const tell = (message: FromWorker): void => port.postMessage(message);
const judges = new Map<string, Judge>();
let mesh: Mesh | null = null;

port.on('message', (message: ToWorker) => {
  if (message.kind === 'judge') return void judged(message).then(tell);
  mesh = linkMesh(message.products.map(received)).mesh;
  tell({ kind: 'linked' });
});
tell({ kind: 'loaded', faults: await load((workerData as { policies: readonly SentPolicy[] }).policies) });

async function load(policies: readonly SentPolicy[]): Promise<{ path: string; message: string }[]> {
  const faults: { path: string; message: string }[] = [];
  for (const { id, source } of policies) {
    if (source.kind === 'expression') {
      judges.set(id, (context) => judgeByExpression(source, context));
      continue;
    }
    try {
      const exported = Object.values((await import(pathToFileURL(source.path).href)) as Record<string, unknown>);
      const [judge, second] = exported.filter((one): one is Judge => typeof one === 'function');
      if (judge === undefined || second !== undefined) throw new Error('it must export one function');
      judges.set(id, judge);
    } catch (error) {
      faults.push({ path: source.path, message: said(error) });
    }
  }
  return faults;
}

async function judged(ask: Extract<ToWorker, { kind: 'judge' }>): Promise<FromWorker> {
  try {
    const judge = judges.get(ask.policy);
    const product = mesh?.products.get(ask.product);
    if (judge === undefined || mesh === null || product === undefined) throw new Error('it is not loaded');
    const { before, changes, today } = ask;
    const context = { product, mesh, before: before && received(before), changes, today };
    const read = findings.safeParse(await judge(context, ask.parameters));
    if (!read.success) {
      const [issue] = read.error.issues;
      return {
        kind: 'faulty',
        fault: `it must answer a list of findings; ${issue?.path.join('.')}: ${issue?.message}`,
      };
    }
    const found = read.data.map(({ message, file, path, line, column }): PolicyFinding => ({
      message,
      file: file ?? null,
      ...(path !== undefined && { path }),
      ...(line !== undefined && { line }),
      ...(column !== undefined && { column }),
    }));
    return { kind: 'judged', found };
  } catch (error) {
    return { kind: 'faulty', fault: said(error) };
  }
}

/** Places are found by whoever asked: they need the text. */
function received(product: SentProduct): Product {
  return { ...product, locate: () => null };
}

function said(error: unknown): string {
  return /^.{0,500}/.exec(error instanceof Error ? error.message : String(error))?.[0] ?? '';
}
