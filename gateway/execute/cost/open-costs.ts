import { type DocumentNode, getVariableValues, type GraphQLSchema, type OperationDefinitionNode } from 'graphql';
import { Refusal } from '../../../schema/errors.ts';
import { frequent } from '../../../schema/frequent.ts';
import { room } from '../../../schema/room.ts';
import { conditionVariables } from '../condition-variables.ts';
import { fragmentsOf } from '../fragments-of.ts';
import { amountFor, type Variables } from './amount.ts';
import { compileCost, type CompiledCost } from './compile-cost.ts';
import type { CostRules } from './cost-rules.ts';

/** What operations of a graph cost, by estimate: how many objects they may bring, as the services' `@cost` and `@listSize` have it. */
export interface Costs {
  /** Of an operation of a valid document: compiled when it is first asked for. */
  of(document: DocumentNode, operation: OperationDefinitionNode): OperationCost;
}

/** Of one operation; for variables as the client sent them. */
export interface OperationCost {
  /** Null where the variables are not of their types. */
  estimate(variables: Variables): number | null;
  /** Refuses what costs more than is allowed, and lists that do not say how long they are where they must. */
  requireAffordable(variables: Variables): void;
}

export interface CostsDeps {
  readonly schema: GraphQLSchema;
  readonly rules: () => CostRules;
  /** The most that an operation may cost; null where there is no limit. */
  readonly max: number | null;
  /** Hears of each estimate that was asked for. */
  readonly onEstimate: (cost: number) => void;
}

/** For all operations; each has one, and more where it has conditions. */
const FORMS_KEPT = { entries: 4_000, bytes: 16 * 1024 * 1024 };
const BYTES_PER_TOKEN = 100;

/** Opens them. */
export function openCosts({ schema, rules, max, onEstimate }: CostsDeps): Costs {
  const forms = room<CompiledCost>(FORMS_KEPT);
  return {
    of: (document, operation) => {
      const known = frequent(forms);
      let conditions: readonly string[] | null = null;
      const fragments = Object.fromEntries(fragmentsOf(document));

      const compiled = (variables: Variables): CompiledCost => {
        conditions ??= conditionVariables(document);
        const values = Object.fromEntries(conditions.map((name) => [name, variables[name]]));
        const key = JSON.stringify(values);
        const before = known.get(key);
        if (before !== undefined) return before;
        const made = compileCost({ rules: rules(), schema, operation, fragments, conditions: values });
        known.set(key, made, BYTES_PER_TOKEN * (document.tokenCount ?? 0));
        return made;
      };
      const coerced = (given: Variables): Variables | null =>
        getVariableValues(schema, operation.variableDefinitions ?? [], given).coerced ?? null;
      const estimated = (variables: Variables): number => {
        const cost = amountFor(compiled(variables).cost, variables);
        onEstimate(cost);
        return cost;
      };
      return {
        estimate: (given) => {
          const variables = coerced(given);
          return variables && estimated(variables);
        },
        requireAffordable: (given) => {
          const variables = coerced(given);
          if (variables === null) return;
          for (const slice of compiled(variables).slices) requireOneSlice(slice, variables);
          const cost = estimated(variables);
          if (max !== null && cost > max) throw tooDear(cost, max);
        },
      };
    },
  };
}

function requireOneSlice({ field, given }: CompiledCost['slices'][number], variables: Variables): void {
  const count = given(variables);
  if (count !== 1)
    throw new Refusal(
      'BAD_INPUT',
      `${field} is given ${count} of the arguments that say how many it brings: give exactly one.`,
    );
}

function tooDear(cost: number, max: number): Refusal {
  const estimated = Number.isFinite(cost)
    ? `an estimated cost of ${cost}`
    : 'more cases of types than can be estimated';
  return new Refusal(
    'COST_EXCEEDED',
    `The operation has ${estimated}; the limit is ${max}: ask for fewer, or for shorter lists.`,
  );
}
