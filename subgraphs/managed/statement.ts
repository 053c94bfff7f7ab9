import { createHash } from 'node:crypto';
import type { SemanticProperty } from '../../schema/contract/model.ts';
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
  /** True where an expression of a contract stands in it, which may fail on the data. */
  readonly computes: boolean;
  /** The contract's measures that it answers. */
  readonly measures: readonly SemanticProperty[];
}

/** Why measures cannot be computed of the data. */
export type FailedMeasures = ReadonlyMap<SemanticProperty, string>;

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
  /** Measures that are not computed: what is said in their places. */
  readonly failed: FailedMeasures;
  /** Notes that the product is read. */
  reads(product: ProductId): void;
  /** Notes that an expression of a contract stands in it. */
  computes(): void;
  /** Notes that the measure is answered. */
  answers(measure: SemanticProperty): void;
  finish(text: string): Statement;
}

/** An empty statement that reads these versions. */
export function draft(
  datasets: Reading['datasets'],
  { strict, failed }: { strict: boolean; failed: FailedMeasures },
): Draft {
  const parameters: Bound[] = [];
  const products = new Set<ProductId>();
  const measures = new Set<SemanticProperty>();
  let aliases = 0;
  let computes = false;
  return {
    datasets,
    strict,
    failed,
    bind: (bound) => {
      parameters.push(bound);
      return `$${parameters.length}::${bound.pgType}`;
    },
    alias: () => `t${(aliases += 1)}`,
    reads: (product) => void products.add(product),
    computes: () => {
      computes = true;
    },
    answers: (measure) => void measures.add(measure),
    finish: (text) => {
      const name = `weft_${createHash('sha256').update(text).digest('base64url').slice(0, 24)}`;
      return { text, name, parameters, products: [...products], computes, measures: [...measures] };
    },
  };
}
