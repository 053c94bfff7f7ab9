import { type ASTNode, type DocumentNode, type FieldNode, Kind, parse, print, visit } from 'graphql';
import {
  asBatch,
  type Asked,
  askFor,
  entitiesField,
  type EntitiesField,
  nothingAsked,
  putAnswer,
  representationOf,
} from './entity-fetch.ts';
import { type Path, visitAt } from './flatten-path.ts';
import { requestOf, type Step } from './plan-run.ts';
import type { ContextArgument, ContextualFetch } from './planner.ts';
import { type Entity, isEntity } from './tree.ts';
import type { TypeConditions } from './type-conditions.ts';

/** Entities whose fields get the same arguments. */
interface Group {
  /** By variable. */
  readonly values: Readonly<Record<string, unknown>>;
  readonly asked: Asked;
}

/**
 * A fetch of fields of entities whose arguments come from what stands above them: in one request an `_entities` field for each set of
 * arguments.
 */
export function contextualFetch(node: ContextualFetch, path: Path, types: TypeConditions): Step {
  const field = entitiesField(asBatch(node, path), types);
  const variables = new Set(node.contexts.map(({ variable }) => variable).concat(field.variable));
  const document = parse(node.operation, { noLocation: true });
  return async (run) => {
    const groups = groupsOf(run.data, { node, path, field, types });
    if (groups.length === 0) return;
    const own: Record<string, unknown> = {};
    const fields = groups.map(({ values, asked }, at): EntitiesField => {
      const named = (name: string): string => (groups.length === 1 ? name : nameIn(at, name));
      own[named(field.variable)] = asked.representations;
      for (const [name, value] of Object.entries(values)) own[named(name)] = value;
      return { ...field, alias: named(field.alias), variable: named(field.variable) };
    });
    const operation = groups.length === 1 ? node.operation : repeated(document, groups.length, variables);
    const answer = await run.ask(node.serviceName, requestOf({ ...node, operation })(run, own));
    const asked = groups.map((group) => group.asked);
    putAnswer(run, { serviceName: node.serviceName, fields, asked, answer }, { types, shares: false });
  };
}

function groupsOf(
  data: Entity,
  of: {
    readonly node: ContextualFetch;
    readonly path: Path;
    readonly field: EntitiesField;
    readonly types: TypeConditions;
  },
): Group[] {
  const { node, path, field, types } = of;
  const groups = new Map<string, Group>();
  const trail: (string | number)[] = [];
  const add = (entity: Entity): void => {
    const representation = representationOf(field, entity);
    if (representation === null) return;
    const values: Record<string, unknown> = {};
    for (const context of node.contexts) values[context.variable] ??= valueAbove(data, trail, context, types) ?? null;
    const key = JSON.stringify(values);
    let group = groups.get(key);
    if (group === undefined) groups.set(key, (group = { values, asked: nothingAsked() }));
    askFor(group.asked, field, { entity, representation, pathIndex: 0 });
  };
  visitAt(data, path, types, add, trail);
  return [...groups.values()];
}

/** What a context has for the entity at a trail. */
function valueAbove(
  data: Entity,
  trail: readonly (string | number)[],
  { levelsUp, path }: ContextArgument,
  types: TypeConditions,
): unknown {
  // The last so many names are left, and what stands in lists beneath them.
  let end = trail.length;
  for (let level = 0; level < levelsUp; end--) if (typeof trail[end - 1] === 'string') level += 1;
  let value: unknown = data;
  for (const step of trail.slice(0, end)) value = (value as Readonly<Record<string | number, unknown>>)[step];
  for (const segment of path) {
    if (!isEntity(value)) return undefined;
    if ('Key' in segment) value = value[segment.Key];
    else {
      const { __typename: typeName } = value;
      if (!segment.TypenameEquals.some((name) => types.fits(typeName, name))) return undefined;
    }
  }
  return value;
}

/** The operation with its `_entities` field as many times, each with variables of its own. */
function repeated(document: DocumentNode, times: number, variables: ReadonlySet<string>): string {
  const all = Array.from({ length: times }, (_, at) => at);
  return print(
    visit(document, {
      OperationDefinition: {
        enter: (node) => ({
          ...node,
          variableDefinitions: (node.variableDefinitions ?? []).flatMap((definition) =>
            variables.has(definition.variable.name.value)
              ? all.map((at) => renamedVariables(definition, at, variables))
              : [definition],
          ),
          selectionSet: {
            ...node.selectionSet,
            selections: node.selectionSet.selections.flatMap((selection) =>
              all.map((at): FieldNode => ({
                ...(renamedVariables(selection, at, variables) as FieldNode),
                alias: { kind: Kind.NAME, value: nameIn(at, '_entities') },
              })),
            ),
          },
        }),
      },
    }),
  );
}

function renamedVariables<Node extends ASTNode>(node: Node, at: number, variables: ReadonlySet<string>): Node {
  return visit(node, {
    Variable: ({ name, ...variable }) =>
      variables.has(name.value) ? { ...variable, name: { ...name, value: nameIn(at, name.value) } } : undefined,
  });
}

function nameIn(group: number, name: string): string {
  return `${name}_${group}`;
}
