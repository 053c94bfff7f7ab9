import { z } from 'zod';
import { chosen, doubted, judge, strict } from './grammar.ts';
import type { Finding } from '../findings.ts';
import {
  apiVersion,
  authoritativeDefinitions,
  customProperties,
  description,
  moment,
  role,
  scalar,
  stableId,
  support,
  team,
  text,
  texts,
} from './odcs-parts.ts';
import { quality, type OdcsQuality } from './odcs-quality.ts';
import { server } from './odcs-server.ts';
import { parseDocumentText, type DocumentFile, type ParsedDocument } from './parse.ts';

/** Words that `logicalType` may have. */
export const LOGICAL_TYPES = [
  'string',
  'date',
  'timestamp',
  'time',
  'number',
  'integer',
  'object',
  'array',
  'boolean',
  'map',
  'vector',
] as const;
type LogicalType = (typeof LOGICAL_TYPES)[number];

const count = z.int().min(0).optional();
const bounds = (of: z.ZodType) => ({
  minimum: of.optional(),
  maximum: of.optional(),
  exclusiveMinimum: of.optional(),
  exclusiveMaximum: of.optional(),
});
const instant = {
  format: text.optional(),
  ...bounds(text),
  timezone: z.boolean().optional(),
  defaultTimezone: text.optional(),
};
const numeric = { multipleOf: z.number().positive().optional(), ...bounds(z.number()) };
const INTEGERS = ['i8', 'i16', 'i32', 'i64', 'i128', 'u8', 'u16', 'u32', 'u64', 'u128'] as const;
const ELEMENTS = ['bfloat16', 'binary', 'float16', 'float32', 'float64', 'int8', 'uint8'] as const;

const OPTIONS: Record<LogicalType, z.ZodType> = {
  string: strict({ minLength: count, maxLength: count, pattern: text.optional(), format: text.optional() }),
  date: strict({ format: text.optional(), ...bounds(text) }),
  timestamp: strict(instant),
  time: strict(instant),
  integer: strict({ ...numeric, format: z.enum(INTEGERS).optional() }),
  number: strict({ ...numeric, format: z.enum(['f32', 'f64']).optional() }),
  object: strict({ maxProperties: count, minProperties: count, required: texts.min(1).optional() }),
  array: strict({ maxItems: count, minItems: count, uniqueItems: z.boolean().optional() }),
  vector: strict({
    dimensions: z.int().min(1),
    elementType: z.enum(ELEMENTS).optional(),
    distanceMetric: z.enum(['cosine', 'dotProduct', 'euclidean', 'hamming', 'manhattan']).optional(),
    embeddingModel: text.optional(),
    embeddingModelVersion: text.optional(),
    normalized: z.boolean().optional(),
  }),
  boolean: z.looseObject({}),
  map: z.looseObject({}),
};

const shorthand = /^[A-Za-z_][\w-]*(\.[A-Za-z_][\w-]*)+$/;
const full = /^((https?:\/\/)?[\w.\-/]+\.ya?ml#)?\/?[A-Za-z_]\w*\/[\w-]+(\/[A-Za-z_]\w*\/[\w-]+)*$/;
const reference = doubted(
  text,
  (value) => shorthand.test(value) || full.test(value),
  'is neither `object.property` nor `path/x.odcs.yaml#/schema/<id>/properties/<id>`',
);
const referenceOrMany = chosen<string | string[]>((value) =>
  Array.isArray(value) ? z.array(reference).min(1) : reference,
);

const relation = { id: text.optional(), type: z.literal('foreignKey').optional(), customProperties };
const propertyRelation = strict({ ...relation, to: referenceOrMany });
const objectRelation = doubted(
  strict({ ...relation, from: referenceOrMany, to: referenceOrMany }),
  ({ from, to }) => Array.isArray(from) === Array.isArray(to) && from.length > 0,
  'must have from and to alike: both one reference, or both lists',
);

const enumValue = strict({
  id: stableId.optional(),
  value: scalar,
  label: text.optional(),
  description: text.optional(),
  tags: texts.optional(),
  customProperties,
  authoritativeDefinitions,
});
const synonym = strict({
  id: stableId.optional(),
  synonym: text,
  description: text.optional(),
  locale: text.optional(),
  source: text.optional(),
  status: text.optional(),
  customProperties,
});

const statement = { id: text.optional(), authoritativeDefinitions, tags: texts.optional(), customProperties };
const contextObject = strict({
  instructions: text.optional(),
  verifiedStatements: z.array(strict({ ...statement, question: text, answer: text.optional() })).optional(),
  constraints: z.array(strict({ ...statement, constraint: text })).optional(),
});
const context = chosen<string | z.infer<typeof contextObject>>((value) =>
  typeof value === 'string' ? text : contextObject,
).optional();

const element = {
  id: stableId.optional(),
  physicalType: text.optional(),
  physicalName: text.optional(),
  description: text.optional(),
  businessName: text.optional(),
  deprecated: z.boolean().optional(),
  synonyms: z.array(synonym).optional(),
  authoritativeDefinitions,
  tags: texts.optional(),
  customProperties,
  quality: z.array(quality).optional(),
};

const column = {
  ...element,
  primaryKey: z.boolean().optional(),
  primaryKeyPosition: z.int().optional(),
  logicalType: z.enum(LOGICAL_TYPES).optional(),
  required: z.boolean().optional(),
  unique: z.boolean().optional(),
  semanticType: z.enum(['column', 'measure', 'dimension']).optional(),
  partitioned: z.boolean().optional(),
  partitionKeyPosition: z.int().optional(),
  classification: text.optional(),
  encryptedName: text.optional(),
  transformSourceObjects: texts.optional(),
  transformLogic: text.optional(),
  transformDescription: text.optional(),
  examples: z.array(z.unknown()).optional(),
  enum: z.array(enumValue).min(1).optional(),
  criticalDataElement: z.boolean().optional(),
  relationships: z.array(propertyRelation).optional(),
};

/** A column, or a part of a nested one; `name` lacks only in the items of a list. */
export type OdcsProperty = Omit<z.infer<z.ZodObject<typeof column>>, 'quality'> & {
  name: string;
  quality?: OdcsQuality[] | undefined;
  logicalTypeOptions?: Record<string, unknown> | undefined;
  properties?: OdcsProperty[] | undefined;
  items?: Partial<OdcsProperty> | undefined;
  map?: { key: Partial<OdcsProperty>; value: Partial<OdcsProperty> } | undefined;
};

/** One grammar for each logical type, since options and nested parts depend on it. */
function columnGrammar(named: boolean): z.ZodType<OdcsProperty> {
  const grammars = new Map<unknown, z.ZodType>();
  const make = (type: LogicalType | undefined): z.ZodType =>
    strict({
      ...column,
      name: named ? text.min(1) : text.optional(),
      logicalTypeOptions: (type === undefined ? z.looseObject({}) : OPTIONS[type]).optional(),
      ...(type === 'object' || !named ? { properties: z.lazy(() => z.array(property)).optional() } : {}),
      ...(type === 'array' || !named ? { items: z.lazy(() => item).optional() } : {}),
      ...(type === 'map' ? { map: z.lazy(() => strict({ key: item, value: item })) } : {}),
    });
  return chosen((value) => {
    const type = (typeof value === 'object' && value !== null ? value : {}) as { logicalType?: LogicalType };
    const logicalType = LOGICAL_TYPES.find((known) => known === type.logicalType);
    const grammar = grammars.get(logicalType) ?? make(logicalType);
    grammars.set(logicalType, grammar);
    return grammar as z.ZodType<OdcsProperty>;
  });
}
const property = columnGrammar(true);
const item: z.ZodType = columnGrammar(false);

const object = strict({
  ...element,
  name: text.min(1),
  logicalType: z.literal('object').optional(),
  dataGranularityDescription: text.optional(),
  properties: z.array(property).optional(),
  relationships: z.array(objectRelation).optional(),
  context,
});
export type OdcsObject = z.infer<typeof object>;

const promise = strict({
  id: stableId.optional(),
  property: text,
  value: scalar,
  valueExt: scalar.optional(),
  unit: text.optional(),
  element: text.optional(),
  driver: text.optional(),
  description: text.optional(),
  scheduler: text.optional(),
  schedule: text.optional(),
  customProperties,
  authoritativeDefinitions,
});
export type OdcsSlaProperty = z.infer<typeof promise>;

/** The Open Data Contract Standard, 3.0 to 3.2: strict in what it names, and what it does not name is kept with a warning. */
export const contractGrammar = strict({
  version: text,
  kind: z.literal('DataContract'),
  apiVersion: apiVersion('ODCS', [3], [3, 2]),
  id: text.min(1),
  name: text.optional(),
  tenant: text.optional(),
  tags: texts.optional(),
  status: text.optional(),
  servers: z.array(server).optional(),
  dataProduct: text.optional(),
  description,
  domain: text.optional(),
  context,
  schema: z.array(object).optional(),
  support,
  price: strict({
    id: stableId.optional(),
    priceAmount: z.number().optional(),
    priceCurrency: text.optional(),
    priceUnit: text.optional(),
  }).optional(),
  team,
  roles: z.array(role).optional(),
  slaDefaultElement: text.optional(),
  slaProperties: z.array(promise).optional(),
  authoritativeDefinitions,
  customProperties,
  contractCreatedTs: moment.optional(),
});
export type OdcsContract = z.infer<typeof contractGrammar>;

/** Reads one contract file; `contract` is the document as written, null where a finding is an error. */
export function parseContract(file: DocumentFile): {
  contract: OdcsContract | null;
  findings: readonly Finding[];
  document: ParsedDocument;
} {
  const document = parseDocumentText(file.text, file.path);
  if (document.findings.some(({ severity }) => severity === 'error'))
    return { contract: null, findings: document.findings, document };
  const { value, findings } = judge<OdcsContract>(contractGrammar, document, file.path);
  return { contract: value, findings: [...document.findings, ...findings], document };
}
