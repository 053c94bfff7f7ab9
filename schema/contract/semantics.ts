import { readEnum } from './enumeration.ts';
import { readExpression, type Meaning } from './expression.ts';
import { nearest, pathText } from './grammar.ts';
import { AGGREGATE_PARTS, isComparable } from './graph-names.ts';
import type { Property, SchemaObject, SemanticFault, SemanticProperty } from './model.ts';
import { folded } from './names.ts';
import type { OdcsProperty } from './odcs.ts';
import type { Path } from './parse.ts';
import { deprecation, fieldOf } from './property.ts';
import type { Reporter } from './report.ts';
import { propertyType } from './types.ts';
import { readTags } from './tags.ts';

/** Fields that every aggregate has: no measure may have these names. */
const AGGREGATE_FIELDS = new Set<string>(['count', ...AGGREGATE_PARTS]);

/** A measure or dimension as the contract has it, with its place there. */
interface Written {
  readonly kind: 'measure' | 'dimension';
  readonly property: OdcsProperty;
  readonly path: Path;
}

/** What an object has beside its columns, and how it is read. */
interface At {
  readonly type: string;
  readonly object: string;
  readonly properties: readonly Property[];
  readonly report: Reporter;
  /** The expressions of a remote product are its service's own affair. */
  readonly managed: boolean;
}

type Semantics = Pick<SchemaObject, 'dimensions' | 'measures' | 'semanticFaults'>;

/**
 * The measures and dimensions of an object, over its own properties and over one another. What is faulty is left out, and its faults
 * are kept for the check: a revision that was published by other rules is still read.
 */
export function readSemantics(
  all: readonly { readonly property: OdcsProperty; readonly path: Path }[],
  at: At,
): Semantics {
  const faults: SemanticFault[] = [];
  const semantics = all.flatMap(({ property, path }): Written[] => {
    const kind = property.semanticType;
    return kind === 'measure' || kind === 'dimension' ? [{ property, path, kind }] : [];
  });
  const read = new Map<Written, SemanticProperty | 'faulty' | 'being read'>();

  const readOne = (semantic: Written): SemanticProperty | 'faulty' | 'being read' => {
    const known = read.get(semantic);
    if (known !== undefined) return known;
    read.set(semantic, 'being read');
    const { property, kind } = semantic;
    const value = valueOf(semantic, at);
    const own: SemanticFault[] = [];
    const fault = (code: string, message: string): void => {
      own.push({ code, message: `The ${kind} ${property.name} of ${at.object}: ${message}`, path: value.path });
    };
    if (kind === 'measure' && AGGREGATE_FIELDS.has(value.field))
      fault(
        'SEMANTIC_NAME',
        `every aggregate has a field ${value.field} already: rename it, or add the custom property graphqlName.`,
      );
    if (!isComparable(value))
      fault('SEMANTIC_TYPE', 'it is a list or a structure, and must be one value: choose another logicalType.');
    if (property.transformLogic === undefined)
      fault('SEMANTIC_EXPRESSION', 'transformLogic is missing: write the SQL that it is.');
    const sql =
      at.managed && property.transformLogic !== undefined
        ? ['((', ...readExpression({ text: value.expression, kind, meaning, fault }), `)::${value.pgType})`]
        : [];
    faults.push(...own);
    const done = own.length === 0 ? { ...value, sql } : 'faulty';
    read.set(semantic, done);
    return done;
  };

  const meaning = (name: string): Meaning => {
    const [found, another] = namedLike(name, [...at.properties.map((property) => ({ property })), ...semantics]);
    if (found === undefined) return { kind: 'fault', code: 'SEMANTIC_COLUMN', message: unknown(name) };
    if (another !== undefined)
      return {
        kind: 'fault',
        code: 'SEMANTIC_AMBIGUOUS',
        message: `${name} may be ${found.property.name} or ${another.property.name}: write the one that is meant in double quotes.`,
      };
    if (!('kind' in found)) return { kind: 'property', property: found.property };
    const other = readOne(found);
    if (other === 'being read')
      return {
        kind: 'fault',
        code: 'SEMANTIC_CIRCLE',
        message: `${name} is computed of what is computed of it: break the circle.`,
      };
    if (other === 'faulty')
      return { kind: 'fault', code: 'SEMANTIC_FAULTY', message: `${name} is faulty itself: mend that first.` };
    return { kind: found.kind, sql: other.sql };
  };

  const unknown = (name: string): string => {
    const names = [...at.properties, ...semantics.map(({ property }) => property)].map((one) => one.name);
    const meant = nearest(name, names);
    const advice = meant === null ? `it has ${names.join(', ')}.` : `did you mean ${meant}?`;
    return `${name} is no property, measure or dimension of ${at.object}: ${advice}`;
  };

  const sound = (kind: Written['kind']): SemanticProperty[] =>
    semantics
      .filter((semantic) => semantic.kind === kind)
      .flatMap((semantic) => {
        const one = readOne(semantic);
        return typeof one === 'string' ? [] : [one];
      });
  return { dimensions: sound('dimension'), measures: sound('measure'), semanticFaults: faults };
}

function valueOf({ property, path }: Written, { type: owner, report }: At): Omit<SemanticProperty, 'sql'> {
  const field = fieldOf(property, path, report);
  const type = propertyType(property);
  return {
    name: property.name,
    field,
    ...type,
    enum: readEnum(property, { type, owner, field, isKey: false, path, report }),
    required: false,
    keyPosition: null,
    description: property.description ?? property.businessName ?? null,
    classification: property.classification ?? null,
    deprecated: deprecation(property),
    tags: readTags(property, path, report),
    expression: property.transformLogic?.trim() ?? '',
    path: pathText(property.transformLogic === undefined ? path : [...path, 'transformLogic']),
  };
}

/** Those of a name as SQL has it: as it is written, else in any case (SQL lowers what is not in quotes), else in another style. */
function namedLike<Item extends { readonly property: { readonly name: string } }>(
  name: string,
  items: readonly Item[],
): readonly Item[] {
  const styles = [(text: string) => text, (text: string) => text.toLowerCase(), folded];
  for (const styled of styles) {
    const found = items.filter(({ property }) => styled(property.name) === styled(name) && styled(name) !== '');
    if (found.length > 0) return found;
  }
  return [];
}
