import {
  AGGREGATE_PARTS,
  aggregateOrderByType,
  aggregateType,
  connectionType,
  dateUnits,
  edgeType,
  fieldType,
  filterType,
  furtherKeys,
  groupByType,
  isComparable,
  keyFields,
  namedType,
  orderByType,
  partOrderByType,
  partScalar,
  partType,
  partValues,
  propertyEnumType,
  rowValues,
  whereListType,
  whereType,
  WHERE_LIST,
  type AggregatePart,
} from './graph-names.ts';
import type { ManagedProducts, Reference, SchemaObject, Value } from './model.ts';
import { blank, block, described, sharedDefinitions, type Lines } from './sdl-text.ts';
import { tagged } from './tags.ts';

/** The first version that has all that stands here: the older it is, the more routers and registries compose it. */
const FEDERATION = 'v2.0';

/**
 * The SDL of a subgraph over SQL (Federation 2): root fields, types, connections and aggregates of its objects, entity
 * references, and what its relationships add to other subgraphs' types. The same model gives the same text.
 */
export function subgraphSdl(model: ManagedProducts): string {
  const objects = model.products.flatMap((product) => product.objects);
  const local = new Set(objects.map(({ type }) => type));
  const foreign = new Map(model.references.filter(({ to }) => !local.has(to.type)).map(({ to }) => [to.type, to]));
  const keys = [...foreign.values()].flatMap(({ key }) => key);
  // A server elsewhere may be away by itself: what lies on it is null then, and takes nothing of others with it.
  const bang = model.products.some(({ kind }) => kind === 'registered') ? '' : '!';
  const definitions: Lines[] = [
    block(
      'type Query',
      objects.flatMap((object) => rootLines(object, bang)),
    ),
    ...objects.flatMap((object) => objectDefinitions(object, model.references, bang)),
    ...[...foreign.values()].map((object) => stub(object, model.references, bang)),
    ...enumDefinitions(keys),
    pageInfo,
    ...sharedDefinitions(objects, keys),
  ];
  const imports = ['"@key"', '"@shareable"', ...([...objects, ...foreign.values()].some(hasTags) ? ['"@tag"'] : [])];
  return [
    `extend schema @link(url: "https://specs.apollo.dev/federation/${FEDERATION}", import: [${imports.join(', ')}])`,
    ...definitions.filter((lines) => lines.length > 0).map((lines) => lines.join('\n')),
  ]
    .join('\n\n')
    .concat('\n');
}

const pageInfo = block('type PageInfo @shareable', [
  '  hasNextPage: Boolean!',
  '  hasPreviousPage: Boolean!',
  '  startCursor: String',
  '  endCursor: String',
]);

/** `bang`: what stands after lists that are always there. */
function rootLines(object: SchemaObject, bang: string): Lines {
  const key = object.key.map((property) => `${property.field}: ${fieldType(property)}${tagged(property)}`).join(', ');
  return [
    ...described(`One ${object.type} by its key; null where there is none.`, 2),
    `  ${object.oneField}(${key}): ${object.type}${tagged(object)}`,
    ...(object.description === null ? [] : described(object.description, 2)),
    `  ${object.listField}(${listArguments(object)}): ${connectionType(object)}${bang}${tagged(object)}`,
    ...described('Groups of them; without `groupBy` one group of all.', 2),
    `  ${object.aggregateField}(${aggregateArguments(object)}): [${aggregateType(object)}!]${bang}${tagged(object)}`,
  ];
}

/** The arguments of a list, and of the reverse connections that lead to it. */
function listArguments(object: SchemaObject): string {
  return `where: ${whereType(object)}, orderBy: [${orderByType(object)}!], first: Int, after: String, last: Int, before: String`;
}

/** The arguments of an aggregate, at the root and beside reverse connections. */
function aggregateArguments(object: SchemaObject): string {
  return `where: ${whereType(object)}, groupBy: [${groupByType(object)}!], orderBy: [${aggregateOrderByType(object)}!], first: Int`;
}

function objectDefinitions(object: SchemaObject, references: readonly Reference[], bang: string): Lines[] {
  const values = rowValues(object);
  const fields = [
    ...object.properties.flatMap((property) => [
      ...described(property.description, 2),
      `  ${property.field}: ${fieldType(property)}${deprecated(property)}${tagged(property)}`,
    ]),
    ...references.filter(({ from }) => from === object).flatMap(referenceLines),
    ...references.filter(({ to }) => to === object).flatMap((reference) => reverseLines(reference, bang)),
  ];
  const parts = AGGREGATE_PARTS.filter((part) => partValues(object, part).length > 0);
  const within = references.filter(({ within: isWithin }) => isWithin);
  const tags = tagged(object);
  return [
    [...described(object.description, 0), ...block(`type ${object.type}${keyDirectives(object)}${tags}`, fields)],
    block(`type ${connectionType(object)}${tags}`, [
      `  nodes: [${object.type}!]!`,
      `  edges: [${edgeType(object)}!]!`,
      '  pageInfo: PageInfo!',
      '  totalCount: BigInt!',
    ]),
    block(`type ${edgeType(object)}${tags}`, ['  cursor: String!', `  node: ${object.type}!`]),
    block(`input ${whereType(object)}${tags}`, [
      ...['and', 'or'].map((word) => `  ${word}: [${whereType(object)}!]`),
      `  not: ${whereType(object)}`,
      ...values.map((value) => `  ${value.field}: ${filterType(value) ?? ''}${tagged(value)}`),
      ...within
        .filter(({ from }) => from === object)
        .map((reference) => `  ${reference.field}: ${whereType(reference.to)}${taggedAs(reference, reference.to)}`),
      ...within
        .filter(({ to }) => to === object)
        .map(
          (reference) =>
            `  ${reference.reverseField}: ${whereListType(reference.from)}${taggedAs(reference, reference.from)}`,
        ),
    ]),
    within.some(({ from }) => from === object)
      ? block(
          `input ${whereListType(object)}${tags}`,
          WHERE_LIST.map((word) => `  ${word}: ${whereType(object)}`),
        )
      : blank,
    [
      ...described('One field each; several stand in a list, the weightiest first.', 0),
      ...block(
        `input ${orderByType(object)}${tags}`,
        object.properties
          .filter(isComparable)
          .map((property) => `  ${property.field}: SortDirection${tagged(property)}`),
      ),
    ],
    block(`enum ${propertyEnumType(object)}${tags}`, [
      ...object.properties.filter(isComparable).map((property) => `  ${property.field}${tagged(property)}`),
      ...object.dimensions.flatMap((dimension) => [
        ...described(dimension.description, 2),
        `  ${dimension.field}${tagged(dimension)}`,
      ]),
    ]),
    block(`input ${groupByType(object)}${tags}`, [
      `  property: ${propertyEnumType(object)}!`,
      ...(values.some((value) => dateUnits(value).length > 0)
        ? [
            ...described('Groups by the first moment of the unit, in UTC; weeks begin on Monday.', 2),
            '  truncate: DateUnit',
          ]
        : []),
    ]),
    block(`type ${aggregateType(object)}${tags}`, [
      '  count: BigInt!',
      ...parts.map((part) => `  ${part}: ${partType(object, part)}!`),
      ...object.measures.flatMap((measure) => [
        ...described(measure.description, 2),
        `  ${measure.field}: ${namedType(measure)}${deprecated(measure)}${tagged(measure)}`,
      ]),
    ]),
    ...parts.map((part) => partDefinition(object, part)),
    block(`input ${aggregateOrderByType(object)}${tags}`, [
      '  count: SortDirection',
      ...parts.map((part) => `  ${part}: ${partOrderByType(object, part)}`),
      ...object.measures.map((measure) => `  ${measure.field}: SortDirection${tagged(measure)}`),
    ]),
    ...parts.map((part) =>
      block(
        `input ${partOrderByType(object, part)}${tags}`,
        partValues(object, part).map((value) => `  ${value.field}: SortDirection${tagged(value)}`),
      ),
    ),
    ...enumDefinitions([...object.properties, ...object.dimensions, ...object.measures]),
  ];
}

function partDefinition(object: SchemaObject, part: AggregatePart): Lines {
  const bang = part === 'countDistinct' ? '!' : '';
  const tags = tagged(object);
  return block(
    `type ${partType(object, part)}${tags}`,
    partValues(object, part).flatMap((value) => [
      ...('sql' in value ? described(value.description, 2) : []),
      `  ${value.field}: ${partScalar(value, part) ?? ''}${bang}${tagged(value)}`,
    ]),
  );
}

/** Another subgraph's type: its key, and what the relationships of this domain add to it. */
function stub(object: SchemaObject, references: readonly Reference[], bang: string): Lines {
  return block(`type ${object.type} @key(fields: "${keyFields(object)}")`, [
    ...object.key.map((property) => `  ${property.field}: ${fieldType(property)}${tagged(property)}`),
    ...references.filter(({ to }) => to === object).flatMap((reference) => reverseLines(reference, bang)),
  ]);
}

function referenceLines(reference: Reference): Lines {
  const { field, to, columns } = reference;
  const names = columns.map(({ from }) => `\`${from.field}\``).join(' and ');
  return [...described(`The ${to.type} that ${names} names.`, 2), `  ${field}: ${to.type}${taggedAs(reference, to)}`];
}

function reverseLines(reference: Reference, bang: string): Lines {
  const { reverseField, reverseAggregateField, from, field } = reference;
  const tags = taggedAs(reference, from);
  return [
    ...described(`The ${from.listField} whose \`${field}\` this is.`, 2),
    `  ${reverseField}(${listArguments(from)}): ${connectionType(from)}${bang}${tags}`,
    `  ${reverseAggregateField}(${aggregateArguments(from)}): [${aggregateType(from)}!]${bang}${tags}`,
  ];
}

/** A reference and its reverse say what its columns hold, and lead to an object: the tags of both. */
function taggedAs({ columns }: Reference, target: SchemaObject): string {
  return tagged(...columns.map(({ from }) => from), target);
}

function enumDefinitions(properties: readonly Value[]): Lines[] {
  return properties.flatMap((property) => {
    const { enum: values } = property;
    if (values === null) return [];
    const tags = tagged(property);
    const members = values.members.flatMap(({ name, value, description }) => [
      ...described(description ?? (name === value ? null : `\`${value}\``), 2),
      `  ${name}`,
    ]);
    return [
      block(`enum ${values.type}${tags}`, members),
      property.keyPosition !== null && filterType(property) === null
        ? blank
        : block(`input ${values.type}Filter${tags}`, enumFilter(namedType(property))),
    ];
  });
}

function enumFilter(type: string): Lines {
  return [`  eq: ${type}`, `  ne: ${type}`, `  in: [${type}!]`, `  notIn: [${type}!]`, '  isNull: Boolean'];
}

function hasTags({ tags, properties, dimensions, measures }: SchemaObject): boolean {
  return tags.length > 0 || [...properties, ...dimensions, ...measures].some((value) => value.tags.length > 0);
}

/** By its primary key an entity is found, and by each property that is unique by itself. */
function keyDirectives(object: SchemaObject): string {
  const keys = [keyFields(object), ...furtherKeys(object).map(({ field }) => field)];
  return keys.map((fields) => ` @key(fields: "${fields}")`).join('');
}

function deprecated(property: Value): string {
  return property.deprecated === null
    ? ''
    : ` @deprecated(reason: ${JSON.stringify(property.deprecated.replace(/[\p{Cc}\p{Cf}]+/gu, ' '))})`;
}
