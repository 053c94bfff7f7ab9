import type { Change } from '../../schema/contract/changes/change.ts';
import type { Finding } from '../../schema/findings.ts';
import type { ProductId } from '../../schema/ids.ts';

/** One use of a coordinate: by whom, in which operation. */
export interface Use {
  readonly coordinate: string;
  readonly consumer: string;
  /** Null where nothing names it. */
  readonly operation: string | null;
  /** Null of a registered operation, which is in use whenever it is asked. */
  readonly seen: { readonly calls: number; readonly lastAt: Date } | null;
}

export interface Judged {
  readonly product: ProductId;
  readonly changes: readonly Change[];
  /** Of coordinates of the changes, within the window, and of registered operations. */
  readonly uses: readonly Use[];
  /** Consumers that subscribe to the product. */
  readonly subscribers: readonly string[];
  readonly days: number;
}

/** A change may meet hundreds; who reads it talks to these first. */
const CONSUMERS_SHOWN = 5;

/**
 * Breaking changes by who would be broken: an error for each that is in use, naming consumers, operations, counts and last use; a warning
 * for each that no operation can tell of, naming those who subscribe. What nobody uses is no finding.
 */
export function judgeByUse(judged: Judged): Finding[] {
  const byCoordinate = new Map<string, Use[]>();
  for (const use of judged.uses) {
    const known = byCoordinate.get(use.coordinate);
    if (known === undefined) byCoordinate.set(use.coordinate, [use]);
    else known.push(use);
  }
  return judged.changes
    .filter(({ weight }) => weight === 'breaking')
    .flatMap((change) => {
      if (change.coordinates.length === 0) return told(judged, change);
      const uses = [...new Set(change.coordinates)].flatMap((coordinate) => byCoordinate.get(coordinate) ?? []);
      return uses.length === 0 ? [] : [inUse(judged, change, uses)];
    });
}

function inUse({ product, days }: Judged, change: Change, uses: readonly Use[]): Finding {
  const byConsumer = new Map<string, Use[]>();
  for (const use of uses) byConsumer.set(use.consumer, [...(byConsumer.get(use.consumer) ?? []), use]);
  const said = [...byConsumer]
    .slice(0, CONSUMERS_SHOWN)
    .map(([consumer, theirs]) => `${consumer} (${describe(theirs)})`);
  if (byConsumer.size > said.length) said.push(`${byConsumer.size - said.length} more`);
  const fields = [...new Set(uses.map(({ coordinate }) => coordinate))].slice(0, CONSUMERS_SHOWN).join(', ');
  return finding(
    change,
    'error',
    product,
    `${change.message} It is in use, as ${fields}, by ${said.join('; ')}. Deprecate it, tell them, and publish again once nobody has used it for ${days} days.`,
  );
}

/** Each operation once: of what it uses, what it used most, and last. */
function describe(uses: readonly Use[]): string {
  const byOperation = new Map<string, { calls: number; lastMs: number }>();
  for (const { operation, seen } of uses) {
    const name = operation ?? 'an operation without a name';
    const known = byOperation.get(name) ?? { calls: 0, lastMs: 0 };
    byOperation.set(name, {
      calls: Math.max(known.calls, seen?.calls ?? 0),
      lastMs: Math.max(known.lastMs, seen?.lastAt.getTime() ?? 0),
    });
  }
  const said = [...byOperation]
    .slice(0, CONSUMERS_SHOWN)
    .map(([name, { calls, lastMs }]) =>
      lastMs === 0 ? `${name}, registered` : `${name}, ${calls} times, last ${new Date(lastMs).toISOString()}`,
    );
  if (byOperation.size > said.length) said.push(`${byOperation.size - said.length} operations more`);
  return said.join('; ');
}

function told({ product, subscribers }: Judged, change: Change): Finding[] {
  if (subscribers.length === 0) return [];
  const said = subscribers.slice(0, CONSUMERS_SHOWN).join(', ');
  const more = subscribers.length > CONSUMERS_SHOWN ? ` and ${subscribers.length - CONSUMERS_SHOWN} more` : '';
  return [finding(change, 'warning', product, `${change.message} It meets all who subscribe: ${said}${more}.`)];
}

function finding(change: Change, severity: Finding['severity'], product: ProductId, message: string): Finding {
  const { file, path } = change;
  return { code: 'CHANGE_IN_USE', severity, message, product, file, line: null, column: null, path };
}
