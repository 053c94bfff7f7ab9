import { Refusal } from '../../schema/errors.ts';

const FIRST = 50;
// More would let one query hold a large part of the ledger in memory.
const FIRST_MAX = 1_000;

export interface PageArgs {
  readonly first?: number | null;
  readonly after?: string | null;
}

export interface PageAsk<Id> {
  readonly first: number;
  readonly after: Id | null;
}

/** The page's arguments, checked; `after` is a cursor of this very list, opened: `idOf` is null for what is no id of it. */
export function pageAsk<Id extends string>(args: PageArgs, idOf: (text: string) => Id | null): PageAsk<Id> {
  return { first: pageSize(args.first, FIRST), after: args.after == null ? null : openCursor(args.after, idOf) };
}

/** From 0 to 1,000; the default where the argument is left out or null. */
export function pageSize(first: number | null | undefined, otherwise: number): number {
  const size = first ?? otherwise;
  if (size < 0 || size > FIRST_MAX)
    throw new Refusal('BAD_INPUT', `first must be from 0 to ${FIRST_MAX}; found ${size}.`);
  return size;
}

/** A Relay connection of what `id` identifies; `more` tells whether others follow. */
export function connection<Node extends { readonly id: string }>(
  nodes: readonly Node[],
  ask: PageAsk<string>,
  more: boolean,
) {
  const edges = nodes.map((node) => ({ cursor: cursor(node.id), node }));
  return {
    nodes,
    edges,
    pageInfo: {
      hasNextPage: more,
      hasPreviousPage: ask.after !== null,
      startCursor: edges[0]?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
    },
  };
}

function cursor(id: string): string {
  return Buffer.from(`id:${id}`).toString('base64url');
}

function openCursor<Id>(text: string, idOf: (text: string) => Id | null): Id {
  const opened = Buffer.from(text, 'base64url').toString();
  const id = opened.startsWith('id:') ? idOf(opened.slice(3)) : null;
  if (id !== null) return id;
  throw new Refusal('BAD_INPUT', 'after is no cursor of this list: take it from `pageInfo.endCursor`.');
}
