import { createHash } from 'node:crypto';
import type { ProductId } from '../../schema/ids.ts';
import type { Reading } from '../../schema/reading.ts';
import type { Bound } from './fetch.ts';

/** A statement without the values of a request: values come only as parameters. */
export interface Statement {
  readonly text: string;
  /** By its text: what it may be prepared as. */
  readonly name: string;
  readonly parameters: readonly Bound[];
  /** Every product that it reads. */
  readonly products: readonly ProductId[];
}

/** What grows while a fetch tree becomes text: its parameters and the names of its row sources. */
export interface Draft {
  readonly datasets: Reading['datasets'];
  /**
   * True where the JSON goes to the client as it is: what the graph cannot say makes it NULL. Else such values are shown as they
   * stand, for GraphQL to say its error at their place.
   */
  readonly strict: boolean;
  /** Binds a value and answers its place in the text, with its cast. */
  bind(bound: Bound): string;
  /** A name that no other row source of the statement has. */
  alias(): string;
  /** Notes that the product is read. */
  reads(product: ProductId): void;
  finish(text: string): Statement;
}

/** An empty statement that reads these versions. */
export function draft(datasets: Reading['datasets'], { strict }: { strict: boolean }): Draft {
  const parameters: Bound[] = [];
  const products = new Set<ProductId>();
  let aliases = 0;
  return {
    datasets,
    strict,
    bind: (bound) => {
      parameters.push(bound);
      return `$${parameters.length}::${bound.pgType}`;
    },
    alias: () => `t${(aliases += 1)}`,
    reads: (product) => void products.add(product),
    finish: (text) => {
      const name = `weft_${createHash('sha256').update(text).digest('base64url').slice(0, 24)}`;
      return { text, name, parameters, products: [...products] };
    },
  };
}
