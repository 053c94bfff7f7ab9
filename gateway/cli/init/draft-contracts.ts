import { DOCUMENT_LIMIT_BYTES } from '../../../schema/contract/parse.ts';
import { sqlName } from '../../../schema/ids.ts';
import { wrongUsage } from '../exit.ts';
import type { DescribedObject, DescribedSource } from './described.ts';
import { counted } from './draft-key.ts';
import type { DraftProperty } from './draft-property.ts';
import { guess, guessedYaml, noted } from './guessed-yaml.ts';
import type { Owner } from './product-document.ts';
import { restrictedRoles } from './restricted-roles.ts';

/** A document of the product's folder. */
export interface DraftFile {
  readonly path: string;
  readonly text: string;
}

/** An object with its name in the product, and what was guessed of its columns. */
export interface DraftObject {
  readonly name: string;
  readonly described: DescribedObject;
  readonly properties: readonly DraftProperty[];
}

/** Only the team can know. */
const PROMISES = [
  'What you promise of its freshness; a frequency makes the schedule:',
  'slaProperties:',
  '  - { property: frequency, value: 1, unit: d }',
  '  - { property: latency, value: 1, unit: d }',
];

/** The contract of what goes in. Refuses what would be longer than a document may be. */
export function sourceContract(id: string, source: DescribedSource, objects: readonly DraftObject[]): string {
  return bounded(source, () => ({
    head: [`What goes in: ${source.label} as it lies there. Every guess is marked; confirm it, or correct it.`],
    value: {
      ...contractOf(id, source.label),
      servers: [source.server],
      schema: objects.map(({ name, described, properties }) => ({
        name: noted(name, seenText(described)),
        physicalName: described.physicalName ?? undefined,
        properties: properties.map(({ input }) => input),
      })),
    },
    foot: [],
  }));
}

/** The contract of what comes out; of tables that are read where they lie, with the server. Refuses what would be too long. */
export function outputContract(
  id: string,
  name: string,
  source: DescribedSource,
  objects: readonly DraftObject[],
  owner: Owner,
): string {
  const classifications = objects.flatMap(({ properties }) => properties.map(({ output }) => output['classification']));
  return bounded(source, (brief) => ({
    head: [
      source.isReadThrough
        ? `What comes out: ${source.label}, read as it lies there. Every guess is marked; confirm it, or correct it.`
        : 'What comes out: the table, the GraphQL type and the checks on every load are made of this.',
    ],
    value: {
      ...contractOf(id, name),
      servers: source.isReadThrough ? [source.server] : undefined,
      schema: objects.map(({ name: object, described, properties }) => ({
        name: source.isReadThrough ? noted(object, seenText(described)) : object,
        physicalName: source.isReadThrough ? (described.physicalName ?? undefined) : undefined,
        description: described.description ?? guess(`A row of ${source.label}.`, 'say what one row is'),
        properties: properties.map((property) => outputOf(property, source, brief)),
        // What nobody loads is checked by nobody.
        quality: source.isReadThrough ? undefined : [rowCount(described)],
      })),
      roles: restrictedRoles(classifications, owner),
    },
    foot: source.isReadThrough ? [] : PROMISES,
  }));
}

function outputOf(
  { name, physicalName, output }: DraftProperty,
  { isReadThrough }: DescribedSource,
  brief: boolean,
): unknown {
  return { name, ...(isReadThrough && { physicalName }), ...output, ...(brief && { examples: undefined }) };
}

function rowCount(object: DescribedObject): unknown {
  const rule = { metric: 'rowCount', dimension: 'completeness', severity: 'error' };
  return object.rows === 0
    ? { ...rule, mustBeGreaterOrEqualTo: guess(0, 'no row was seen') }
    : { ...rule, mustBeGreaterThan: guess(0, `${seenText(object)}; an empty load would be a fault`) };
}

function contractOf(id: string, name: string) {
  return { apiVersion: 'v3.2.0', kind: 'DataContract', id, name, version: '0.1.0', status: 'draft' };
}

type Printable = (brief: boolean) => { head: string[]; value: unknown; foot: string[] };

/** As text; without examples and evidence where it would be longer than a document may be. */
function bounded({ label, objects }: DescribedSource, print: Printable): string {
  for (const brief of [false, true]) {
    const { head, value, foot } = print(brief);
    const text = guessedYaml(value, { head, foot, brief });
    if (Buffer.byteLength(text) <= DOCUMENT_LIMIT_BYTES) return text;
  }
  const columns = objects.reduce((sum, object) => sum + object.columns.length, 0);
  throw wrongUsage(
    `${label} has ${counted(columns)} columns: their contract would be longer than ${DOCUMENT_LIMIT_BYTES / 1024} KiB. Draft some of its tables (--table), or take columns away.`,
  );
}

function seenText({ basis, rows, whole }: DescribedObject): string {
  if (basis === 'the catalog') return 'the catalog was seen, no row';
  return whole || rows === null ? `${basis} were seen` : `${basis} were seen, of about ${counted(rows)}`;
}

/** Several objects have several inputs, so each says which it is made of. */
export function transformation({ name, properties }: DraftObject): DraftFile {
  const list = properties.map(({ name: property }) => `  ${sqlName(property)}`).join(',\n');
  return { path: `${name}.transform.sql`, text: `select\n${list}\nfrom ${sqlName(name)}\n` };
}
