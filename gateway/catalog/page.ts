import { Refusal } from '../../schema/errors.ts';

// More would let one query hold a large part of the ledger in memory.
const FIRST_MAX = 1_000;

export interface PageAsk {
  readonly first: number;
  readonly after: string | null;
}

/** The page's arguments, checked: `first` from 0 to 1,000, `after` a cursor that this catalog made, opened. */
export function pageAsk(args: { first: number; after?: string | null }): PageAsk {
  if (args.first < 0 || args.first > FIRST_MAX)
    throw new Refusal('BAD_INPUT', `first must be from 0 to ${FIRST_MAX}; found ${args.first}.`);
  return { first: args.first, after: args.after == null ? null : openCursor(args.after) };
}

/** A Relay connection of what `id` identifies; `more` tells whether others follow. */
export function connection<Node extends { readonly id: string }>(nodes: readonly Node[], ask: PageAsk, more: boolean) {
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

function openCursor(text: string): string {
  const opened = Buffer.from(text, 'base64url').toString();
  if (opened.startsWith('id:')) return opened.slice(3);
  throw new Refusal('BAD_INPUT', 'after is no cursor of this list: take it from `pageInfo.endCursor`.');
}
