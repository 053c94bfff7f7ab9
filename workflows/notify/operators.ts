import type { Channel } from '../../schema/alert.ts';
import { toolOf } from './channels.ts';

/** The operators' channels: as the ledger may have them, and what their addresses are. */
export interface Operators {
  readonly channels: readonly Channel[];
  /** The address that stands behind one; null where it is none of theirs. */
  addressOf(url: string): string | null;
}

/**
 * Reads `WEFT_ALERTS_URL`: addresses with spaces or commas between them, each with its tool before it where it has a form of its own:
 * `slack=https://hooks.example/T1 mailto:ops@example.org`. They may hold secrets, so that the ledger knows them by their number alone.
 */
export function readOperators(text: string): Operators {
  const given = text
    .split(/[\s,]+/)
    .filter((one) => one !== '')
    .map((one) => {
      const [, tool = null, url = one] = /^([a-z]+)=(.*)$/.exec(one) ?? [];
      return { tool: toolOf(tool, url), url };
    });
  return {
    channels: given.map(({ tool }, at) => ({ tool, url: `operators:${at}`, secret: 'operators' })),
    addressOf: (url) => given[Number(/^operators:(\d+)$/.exec(url)?.[1])]?.url ?? null,
  };
}
