import pluralize from 'pluralize';

/** What the npm package `pluralize` would bend, and English does not. */
const ONE_FORM = new Set(['weather', 'data', 'metadata', 'feedback', 'software', 'hardware', 'traffic', 'lens']);

/** Types that the catalog and the derived subgraphs have; no schema object may make one of these. */
export const RESERVED_TYPES: ReadonlySet<string> = new Set(
  `AccessRequest Alert AlertCause AlertConnection AlertEdge AlertState ApiKey Backfill BackfillPhase Boolean Bump Change ChangeSummary ChangeWeight Consumer ContextMap CoordinateUsage CreatedApiKey DataContract DataProduct DataProductConnection DataProductEdge
  DataProductFilter DatasetObject DatasetVersion DateUnit Decision DecisionAction DecisionOutcome Diff Domain DomainHold ErrorBudget Event ExportFormat Finding Governance Grant InputPort KeyRole Lineage Me Mutation
  OutputPort PageInfo Policy PolicyDocumentation PolicyException PolicyExceptionConnection PolicyExceptionEdge PolicyOrigin PolicySeverity ProductDelivery ProductFile ProductFileInput ProductFolder ProductHistory ProductKind Property ProductSubscription Published
  PublishedProduct PublishOutcome QualityOutcome QualityResult QualityRule Query RefreshAction RefreshIntervention RefreshPause RefreshRequest RegisteredOperation RegisteredOperationInput Rejected Relationship
  RelationshipKind Retirement RetirementConsumer Revision RevisionState Run RunConnection RunEdge RunError RunOutcome RunPhase RunTrigger SchemaObject Server
  Severity Sla SlaProperty Slo SloBreach SloDay SloUnit SortDirection Stage StageName StageState Subscription Supergraph SupergraphRange SupportChannel Team TeamMember
  Unchanged Usage
  ID String Int BigInt Float Decimal Date DateTime Time JSON
  StringFilter IntFilter BigIntFilter FloatFilter DecimalFilter BooleanFilter IDFilter DateFilter DateTimeFilter TimeFilter`.split(
    /\s+/,
  ),
);

/** `Flight Date`, `flightDate`, `flight-date` -> `flight`, `date`. Letters beyond ASCII lose their marks or are left out. */
export function words(text: string): string[] {
  return text
    .normalize('NFKD')
    .replace(/\p{M}+/gu, '')
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replace(/([A-Z]+)([A-Z][a-z])/g, '$1 $2')
    .split(/[^A-Za-z0-9]+/)
    .filter((word) => word !== '')
    .map((word) => word.toLowerCase());
}

/** A name without case and separators: `originIata` and `origin_iata` are alike, as inputs, outputs and SQL are matched. */
export function folded(name: string): string {
  return name.replace(/[^A-Za-z0-9]+/g, '').toLowerCase();
}

/** Property -> field: camelCase; what is camelCase already stays as it is. Null where no letter or digit is left. */
export function fieldName(name: string): string | null {
  if (/^[a-z][A-Za-z0-9]*$/.test(name)) return name;
  return safe(camel(words(name)));
}

/** Schema object -> type: PascalCase, the last word in the singular: `bird_strikes` -> `BirdStrike`. */
export function typeName(object: string): string | null {
  const parts = words(object);
  const last = parts.at(-1);
  if (last === undefined) return null;
  return safe(pascal([...parts.slice(0, -1), singular(last)]));
}

export interface RootFields {
  readonly oneField: string;
  readonly listField: string;
  readonly aggregateField: string;
}

/** `BirdStrike` -> `birdStrike`, `birdStrikes`, `birdStrikeAggregate`; `Weather` -> `weather`, `weatherList`. */
export function rootFields(type: string): RootFields {
  const oneField = lowerFirst(type);
  const [, stem = '', last = oneField] = /^(.*?)([A-Z]?[^A-Z]*)$/.exec(oneField) ?? [];
  const many = stem + plural(last);
  return { oneField, listField: many === oneField ? `${oneField}List` : many, aggregateField: `${oneField}Aggregate` };
}

/** `originIata` to key `iata` -> `origin`; `customerKey` -> `customer`; else the target type's name, `Airport` -> `airport`. */
export function referenceField(field: string, target: { readonly type: string; readonly key: string }): string {
  for (const ending of [upperFirst(target.key), 'Id', 'ID', 'Key', 'Code'])
    if (field.length > ending.length && field.endsWith(ending)) return field.slice(0, -ending.length);
  return lowerFirst(target.type);
}

/** The reverse connection: the list's name where the entity field is named for its type, else with the field. */
export function reverseField(
  field: string,
  from: { readonly listField: string },
  to: { readonly type: string },
): string {
  return field === lowerFirst(to.type) ? from.listField : `${from.listField}By${upperFirst(field)}`;
}

/** The aggregate beside the reverse connection: `birdStrikeAggregate`, `flightAggregateByOrigin`. */
export function reverseAggregateField(
  field: string,
  from: { readonly aggregateField: string },
  to: { readonly type: string },
): string {
  return field === lowerFirst(to.type) ? from.aggregateField : `${from.aggregateField}By${upperFirst(field)}`;
}

/** A value -> an enum member: `Take-off run` -> `TAKE_OFF_RUN`; `+` has no letters and is `VALUE_<position>`. */
export function memberName(value: string, position: number): string {
  const name = words(value).join('_').toUpperCase();
  if (name === '') return `VALUE_${position}`;
  return /^\d/.test(name) ? `_${name}` : name;
}

/** `bird-strikes` -> `Bird strikes`. */
export function title(name: string): string {
  return upperFirst(words(name).join(' '));
}

/** `origin` -> `Origin` */
export function upperFirst(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}

/** `BirdStrike` -> `birdStrike` */
export function lowerFirst(text: string): string {
  // `IATACode` -> `iataCode`: a leading abbreviation goes down as one.
  const lead = /^[A-Z]+(?=[A-Z][a-z])|^[A-Z]+$/.exec(text)?.[0] ?? text.slice(0, 1);
  return lead.toLowerCase() + text.slice(lead.length);
}

function singular(word: string): string {
  return ONE_FORM.has(word) ? word : pluralize.singular(word);
}

function plural(word: string): string {
  return ONE_FORM.has(word.toLowerCase()) ? word : pluralize.plural(word);
}

function pascal(parts: readonly string[]): string {
  return parts.map(upperFirst).join('');
}

function camel(parts: readonly string[]): string {
  return parts.map((part, index) => (index === 0 ? part : upperFirst(part))).join('');
}

/** A GraphQL name must not begin with a digit. */
function safe(name: string): string | null {
  if (name === '') return null;
  return /^\d/.test(name) ? `_${name}` : name;
}
