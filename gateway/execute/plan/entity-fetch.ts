import type { BatchFetchNode, EntityBatchAlias, FetchNode, FetchRewrite } from '@graphql-hive/router-query-planner';
import type { GraphQLFormattedError } from 'graphql';
import type { SubgraphAnswer } from '../context.ts';
import { type Path, visitAt } from './flatten-path.ts';
import { newNames, placed, renamed, type Trail } from './placed-errors.ts';
import { type PlanRun, requestOf, type Step } from './plan-run.ts';
import { compileRepresentation, type Represent } from './representation.ts';
import { compileRewrites, type Rewrite } from './rewrites.ts';
import { copy, type Entity, isEntity, merge } from './tree.ts';
import type { TypeConditions } from './type-conditions.ts';

/** One `_entities` field of a fetch. */
export interface EntitiesField {
  readonly alias: string;
  readonly variable: string;
  readonly paths: readonly Path[];
  readonly represent: Represent;
  readonly rewriteInput: Rewrite | null;
  readonly rewriteOutput: Rewrite | null;
  readonly names: ReadonlyMap<string, string>;
}

/** What an `_entities` field is asked for, each entity once, and where what it answers belongs. */
export interface Asked {
  readonly representations: Entity[];
  /** By representation: the objects at each of the paths. */
  readonly places: Entity[][][];
  /** Which representation a text of JSON is. */
  readonly known: Map<string, number>;
}

/** A fetch of fields of entities, each asked for once; none is made where there are no entities to ask for. */
export function entityFetch(
  node: FetchNode | BatchFetchNode,
  aliases: readonly EntityBatchAlias[],
  options: EntityOptions,
): Step {
  const request = requestOf(node);
  const fields = aliases.map((one) => entitiesField(one, options.types));
  return async (run) => {
    const asked = fields.map((field) => askedOf(field, run.data, options.types));
    if (asked.every(({ representations }) => representations.length === 0)) return;
    const variables = Object.fromEntries(fields.map(({ variable }, at) => [variable, asked[at]!.representations]));
    const answer = await run.ask(node.serviceName, request(run, variables));
    putAnswer(run, { serviceName: node.serviceName, fields, asked, answer }, options);
  };
}

export interface EntityOptions {
  readonly types: TypeConditions;
  /**
   * Whether equal entities at one path may be one object. Not where plans use contexts: what is fetched below them later may have
   * other arguments in each place.
   */
  readonly shares: boolean;
}

/** Compiles an `_entities` field. */
export function entitiesField(one: EntityBatchAlias, types: TypeConditions): EntitiesField {
  return {
    alias: one.alias,
    variable: one.representationsVariableName,
    paths: one.paths,
    represent: compileRepresentation(one.requires, types),
    rewriteInput: compileRewrites(one.inputRewrites, types),
    rewriteOutput: compileRewrites(one.outputRewrites, types),
    names: newNames(one.outputRewrites),
  };
}

/** What was answered goes where it belongs; so do errors. */
export function putAnswer(
  run: PlanRun,
  fetched: {
    readonly serviceName: string;
    readonly fields: readonly EntitiesField[];
    readonly asked: readonly Asked[];
    readonly answer: SubgraphAnswer;
  },
  { types, shares }: EntityOptions,
): void {
  const { serviceName, fields, asked, answer } = fetched;
  const { data, errors = [] } = answer;
  fields.forEach((field, at) => {
    const entities = data?.[field.alias];
    if (Array.isArray(entities)) put(entities, field, asked[at]!, shares);
  });
  for (const error of errors) run.errors.push(...placedInEntities(error, serviceName, { run, fields, asked, types }));
}

/** A fetch of entities at one path, as the only part of one at several. */
export function asBatch(node: FetchNode, path: Path): EntityBatchAlias {
  const { requires = [], inputRewrites = [], outputRewrites = [] } = node;
  const rewritten = { inputRewrites, outputRewrites: outputRewrites.map(withinEntities) };
  return {
    alias: '_entities',
    representationsVariableName: 'representations',
    paths: [[...path]],
    requires,
    ...rewritten,
  };
}

function askedOf(field: EntitiesField, data: Entity, types: TypeConditions): Asked {
  const asked = nothingAsked();
  field.paths.forEach((path, pathIndex) => {
    visitAt(data, path, types, (entity) => {
      const representation = representationOf(field, entity);
      if (representation !== null) askFor(asked, field, { entity, representation, pathIndex });
    });
  });
  return asked;
}

/** Of no entity yet. */
export function nothingAsked(): Asked {
  return { representations: [], places: [], known: new Map() };
}

/** What the subgraph is told of an entity; null where it cannot be asked for it. */
export function representationOf({ represent, rewriteInput }: EntitiesField, entity: Entity): Entity | null {
  const representation = represent(entity);
  if (representation !== null) rewriteInput?.(representation);
  return representation;
}

/** Adds an entity to what is asked for. */
export function askFor(
  { representations, places, known }: Asked,
  { paths }: EntitiesField,
  one: { readonly entity: Entity; readonly representation: Entity; readonly pathIndex: number },
): void {
  const key = JSON.stringify(one.representation);
  let at = known.get(key);
  if (at === undefined) {
    known.set(key, (at = representations.length));
    representations.push(one.representation);
    places.push(paths.map(() => []));
  }
  places[at]![one.pathIndex]!.push(one.entity);
}

/** Each path gets objects of its own: what is fetched for one of them later may have other arguments than for another. */
function put(entities: readonly unknown[], { rewriteOutput }: EntitiesField, { places }: Asked, shares: boolean): void {
  entities.forEach((entity, at) => {
    if (!isEntity(entity)) return;
    rewriteOutput?.(entity);
    let isFirst = true;
    for (const there of places[at] ?? []) {
      if (there.length === 0) continue;
      const own = isFirst ? entity : copy(entity);
      isFirst = false;
      for (const target of there) merge(target, shares ? own : copy(own));
    }
  });
}

/** Of a single fetch the rewrites start at `_entities`, of an alias at what it holds. */
function withinEntities(rewrite: FetchRewrite): FetchRewrite {
  if (!('KeyRenamer' in rewrite)) return rewrite;
  const [first, ...path] = rewrite.KeyRenamer.path;
  const isRoot = first !== undefined && 'Key' in first && first.Key === '_entities';
  return isRoot ? { KeyRenamer: { ...rewrite.KeyRenamer, path } } : rewrite;
}

function placedInEntities(
  error: GraphQLFormattedError,
  serviceName: string,
  {
    run,
    fields,
    asked,
    types,
  }: { run: PlanRun; fields: readonly EntitiesField[]; asked: readonly Asked[]; types: TypeConditions },
): GraphQLFormattedError[] {
  const [alias, index, ...rest] = error.path ?? [];
  const at = fields.findIndex((field) => field.alias === alias);
  const field = fields[at];
  if (field === undefined || typeof index !== 'number') return placed(error, serviceName, [], []);
  const targets = new Set(asked[at]!.places[index]?.flat());
  const trails: Trail[] = [];
  for (const path of field.paths) {
    const trail: (string | number)[] = [];
    const note = (entity: Entity): void => {
      if (targets.has(entity)) trails.push([...trail]);
    };
    visitAt(run.data, path, types, note, trail);
  }
  return placed(error, serviceName, trails, renamed(rest, field.names));
}
