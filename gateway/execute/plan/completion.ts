import {
  type FieldNode,
  getNamedType,
  type GraphQLFormattedError,
  type GraphQLLeafType,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
  isAbstractType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  type OperationDefinitionNode,
  type FragmentDefinitionNode,
} from 'graphql';
import { collectFields, collectSubfields } from 'graphql/execution/collectFields.js';
import type { Trail } from './placed-errors.ts';
import { type Entity, isEntity } from './tree.ts';

/** An operation with what its directives depend on. */
export interface CompletedOperation {
  readonly schema: GraphQLSchema;
  readonly operation: OperationDefinitionNode;
  readonly fragments: Readonly<Record<string, FragmentDefinitionNode>>;
  /** Values of the variables that @skip and @include ask for. */
  readonly variables: Readonly<Record<string, unknown>>;
  /** Under which key a field stands in the data. */
  readonly keyInData: (node: FieldNode) => string;
}

/**
 * Makes of the data that was put together what the operation asks for (GraphQL, 6.4.3 to 6.4.4): its fields in its order, leaves
 * that are values of their types, nulls brought up to where they may be. `errors` are those that are known, and get those that
 * this finds: one that a subgraph has told is not told again, nor what is null because a fetch `failed`, which has told why.
 */
export interface Completion {
  readonly complete: (data: Entity, errors: GraphQLFormattedError[], failed: readonly Trail[]) => Entity | null;
  /** False where nothing is asked for but names of types, or nothing at all. */
  readonly asksForData: boolean;
}

/** What null is where none may be. */
const NONE = Symbol('none');

interface Completing {
  readonly errors: GraphQLFormattedError[];
  /** Paths of subgraphs' errors, with `@` for places in lists. */
  readonly said: readonly string[];
  readonly path: (string | number)[];
}

type CompleteValue = (value: unknown, run: Completing) => unknown;

interface CompleteField {
  readonly key: string;
  readonly source: string;
  /** Null for `__typename`. */
  readonly complete: CompleteValue | null;
}

/** Compiles the completion of an operation. Throws GraphQL's error where a directive's argument is none. */
export function compileCompletion(of: CompletedOperation): Completion {
  const { schema, operation, fragments, variables } = of;
  const root = schema.getRootType(operation.operation)!;
  const nodes = collectFields(schema, { ...fragments }, { ...variables }, root, operation.selectionSet);
  const fields = compileFields(of, root, nodes);
  return {
    complete: (data, errors, failed) => {
      const said = [...errors.map(({ path = [] }) => path), ...failed].map(erased);
      return completeFields(root, fields, data, { errors, said, path: [] });
    },
    asksForData: fields.some(({ complete }) => complete !== null),
  };
}

function compileFields(
  of: CompletedOperation,
  type: GraphQLObjectType,
  collected: ReadonlyMap<string, readonly FieldNode[]>,
): CompleteField[] {
  const definitions = type.getFields();
  return [...collected].flatMap(([key, nodes]): CompleteField[] => {
    const name = nodes[0]!.name.value;
    if (name === '__typename') return [{ key, source: name, complete: null }];
    // Of the schema itself: complete as it is.
    if (name === '__schema' || name === '__type') return [{ key, source: key, complete: (value) => value ?? null }];
    const definition = definitions[name];
    if (definition === undefined) return [];
    return [
      {
        key,
        source: of.keyInData(nodes[0]!),
        complete: compileValue(of, definition.type, nodes, `${type.name}.${name}`),
      },
    ];
  });
}

function completeFields(
  type: GraphQLObjectType,
  fields: readonly CompleteField[],
  data: Entity,
  run: Completing,
): Entity | null {
  const completed: Entity = {};
  for (const { key, source, complete } of fields) {
    let value: unknown = type.name;
    if (complete !== null) {
      run.path.push(key);
      value = complete(data[source], run);
      run.path.pop();
      if (value === NONE) return null;
    }
    // Assigned, it would be the object's prototype.
    if (key === '__proto__') Object.defineProperty(completed, key, { value, enumerable: true });
    else completed[key] = value;
  }
  return completed;
}

function compileValue(
  of: CompletedOperation,
  type: GraphQLOutputType,
  nodes: readonly FieldNode[],
  field: string,
): CompleteValue {
  if (isNonNullType(type)) {
    const complete = compileValue(of, type.ofType, nodes, field);
    return (value, run) => {
      const before = run.errors.length;
      const completed = complete(value, run);
      if (completed !== null) return completed;
      if (run.errors.length === before) tell(run, `Cannot return null for non-nullable field ${field}.`);
      return NONE;
    };
  }
  if (isListType(type)) return compileList(compileValue(of, type.ofType, nodes, field), field);
  if (isLeafType(type)) return compileLeaf(type, field);
  return compileObject(of, type, nodes, field);
}

function compileList(complete: CompleteValue, field: string): CompleteValue {
  return (value, run) => {
    if (value === null || value === undefined) return null;
    if (!Array.isArray(value)) return told(run, `Expected a list for field ${field}.`);
    const items: unknown[] = [];
    for (let at = 0; at < value.length; at++) {
      run.path.push(at);
      const item = complete(value[at], run);
      run.path.pop();
      if (item === NONE) return null;
      items.push(item);
    }
    return items;
  };
}

function compileLeaf(type: GraphQLLeafType, field: string): CompleteValue {
  return (value, run) => {
    if (value === null || value === undefined) return null;
    try {
      return type.serialize(value) ?? null;
    } catch {
      // graphql-js would quote the value, which may be anything.
      return told(run, `A value for field ${field} is no ${type.name}.`);
    }
  };
}

function compileObject(
  of: CompletedOperation,
  type: GraphQLOutputType,
  nodes: readonly FieldNode[],
  field: string,
): CompleteValue {
  const named = getNamedType(type);
  const { schema, fragments, variables } = of;
  const byName = new Map<string, { readonly type: GraphQLObjectType; readonly fields: readonly CompleteField[] }>();
  const compiled = (name: string): { type: GraphQLObjectType; fields: readonly CompleteField[] } | null => {
    const known = byName.get(name);
    if (known !== undefined) return known;
    const object = schema.getType(name) as GraphQLObjectType;
    if (object !== named && !(isAbstractType(named) && isObjectType(object) && schema.isSubType(named, object)))
      return null;
    const collected = collectSubfields(schema, { ...fragments }, { ...variables }, object, [...nodes]);
    const made = { type: object, fields: compileFields(of, object, collected) };
    byName.set(name, made);
    return made;
  };
  return (value, run) => {
    if (value === null || value === undefined) return null;
    if (!isEntity(value)) return told(run, `Expected an object for field ${field}.`);
    const { __typename: typeName = named.name } = isObjectType(named) ? {} : value;
    const known = typeof typeName === 'string' ? compiled(typeName) : null;
    // A type that clients do not see, for one.
    return known === null ? null : completeFields(known.type, known.fields, value, run);
  };
}

function told(run: Completing, message: string): null {
  tell(run, message);
  return null;
}

function tell({ errors, said, path }: Completing, message: string): void {
  const here = erased(path);
  if (said.some((known) => here.startsWith(known) || known.startsWith(here))) return;
  errors.push({ message, path: [...path] });
}

function erased(path: readonly (string | number)[]): string {
  return path.map((part) => (typeof part === 'number' ? '@.' : `${part}.`)).join('');
}
