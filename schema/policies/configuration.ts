import { z } from 'zod';
import { errorFinding, type Finding } from '../findings.ts';
import { domainId, productId } from '../ids.ts';
import { findingAt, nearest, pathText } from '../contract/grammar.ts';
import { parseDocumentText, type ParsedDocument, type Path } from '../contract/parse.ts';
import { enforcedBy } from './enforced.ts';
import { expressionFault, expressionText } from './expression-policy.ts';
import type { OwnPolicy } from './own-policy.ts';
import { POLICIES } from './policies.ts';
import { POLICY_SEVERITIES, type PolicySeverity } from './policy.ts';

/** What is said of one policy in one place. */
export interface Setting {
  readonly severity?: PolicySeverity | undefined;
  readonly parameters?: Readonly<Record<string, unknown>> | undefined;
}

type Settings = ReadonlyMap<string, Setting>;

/** An organisation's governance as it wrote it. */
export interface Configuration {
  /** Policies of its own, beside the platform's. */
  readonly own: readonly OwnPolicy[];
  /** By policy; for all, for a domain, for a product. */
  readonly settings: Settings;
  readonly domains: ReadonlyMap<string, Settings>;
  readonly products: ReadonlyMap<string, Settings>;
  /** The longest that an exception may be granted for. */
  readonly exceptionDaysMax: number;
}

// A quarter: what is not mended by then was not meant to be.
const EXCEPTION_DAYS = 90;

/** Of an organisation that wrote none. */
export const NO_CONFIGURATION: Configuration = {
  own: [],
  settings: new Map(),
  domains: new Map(),
  products: new Map(),
  exceptionDaysMax: EXCEPTION_DAYS,
};

const severity = z.enum(POLICY_SEVERITIES);
const setting = z.union([
  severity.transform((severity): Setting => ({ severity })),
  z.strictObject({ severity: severity.optional(), parameters: z.record(z.string(), z.unknown()).optional() }),
]);
const settings = z.record(z.string(), setting);

const grammar = z.strictObject({
  policies: settings.optional(),
  domains: z.record(z.string(), settings).optional(),
  products: z.record(z.string(), settings).optional(),
  expressions: z.array(expressionText).optional(),
  exceptionDaysMax: z.int().min(1).max(366).optional(),
});

const CODE = 'POLICY_CONFIGURATION';

/**
 * Reads `policies.yaml`; `files` are the policies that lie beside it. Answers every fault with its line: what is unknown here is no
 * warning, for a policy whose name is misspelled would judge nobody.
 */
export function readConfiguration(
  file: { readonly path: string; readonly text: string } | null,
  files: readonly OwnPolicy[],
): { configuration: Configuration; findings: readonly Finding[] } {
  const findings: Finding[] = [];
  const document = parseDocumentText(file?.text.trim() === '' ? '{}' : (file?.text ?? '{}'), file?.path ?? '');
  findings.push(
    ...document.findings.filter(({ severity }) => severity === 'error').map((one) => ({ ...one, code: CODE })),
  );
  if (findings.length > 0) return { configuration: NO_CONFIGURATION, findings };
  const say = (path: Path, message: string, of: 'value' | 'key' = 'value'): void =>
    void findings.push(findingAt(document, file?.path ?? '', path, { code: CODE, message, of }));

  // Nothing but comments is nothing that is said.
  const read = grammar.safeParse(document.value ?? {});
  if (!read.success) {
    for (const issue of read.error.issues) sayIssue(issue, document, say);
    return { configuration: NO_CONFIGURATION, findings };
  }
  const { data } = read;
  const expressions = (data.expressions ?? []).map((text, index): OwnPolicy => {
    const fault = expressionFault(text);
    if (fault !== null) say(['expressions', index, 'expression'], `${text.id} is no CEL expression: ${fault}`);
    const { each, expression, message, ...words } = text;
    return { ...words, source: { kind: 'expression', each, expression, message } };
  });
  const own = [...files, ...expressions];
  for (const [index, { id }] of own.entries())
    if (
      POLICIES.some((policy) => policy.id === id) ||
      enforcedBy(id) !== null ||
      own.findIndex((one) => one.id === id) < index
    )
      findings.push(
        errorFinding(CODE, `There are two policies ${id}: give yours another id, such as ACME_${id}.`, {
          file: file?.path ?? null,
        }),
      );

  const known = [...POLICIES, ...own];
  const table = (path: Path, given: z.infer<typeof settings> | undefined): Settings => {
    const entries = Object.entries(given ?? {});
    for (const [id, { parameters }] of entries) {
      const policy = known.find((one) => one.id === id);
      if (policy === undefined) say([...path, id], unknownPolicy(id, known), 'key');
      const judged = parameters === undefined ? undefined : policy?.parameters.safeParse(parameters);
      for (const { path: at, message } of judged?.error?.issues ?? [])
        say([...path, id, 'parameters', ...at], `${[id, pathText(at)].filter(Boolean).join(' ')}: ${message}.`);
    }
    return new Map(entries);
  };
  const tables = (name: 'domains' | 'products', isId: (id: string) => boolean, like: string): Map<string, Settings> =>
    new Map(
      Object.entries(data[name] ?? {}).map(([id, given]) => {
        if (!isId(id))
          say([name, id], `${id.slice(0, 60)} is no id of one of the ${name}, which is like ${like}.`, 'key');
        return [id, table([name, id], given)];
      }),
    );
  return {
    configuration: {
      own,
      settings: table(['policies'], data.policies),
      domains: tables('domains', (id) => domainId(id) !== null, 'network'),
      products: tables('products', (id) => productId(id) !== null, 'network/airports'),
      exceptionDaysMax: data.exceptionDaysMax ?? EXCEPTION_DAYS,
    },
    findings,
  };
}

function unknownPolicy(id: string, known: readonly { readonly id: string }[]): string {
  if (enforcedBy(id) !== null) return `${id} is part of what the platform stands on and cannot be set.`;
  const meant = nearest(
    id,
    known.map((policy) => policy.id),
  );
  return `There is no policy ${id.slice(0, 60)}${meant === null ? '; `weft policies` lists them.' : `. Did you mean ${meant}?`}`;
}

function sayIssue(
  issue: z.core.$ZodIssue,
  document: ParsedDocument,
  say: (path: Path, message: string, of?: 'value' | 'key') => void,
): void {
  const where = pathText(issue.path);
  const thing = where === '' ? 'The document' : where;
  if (issue.code === 'unrecognized_keys')
    for (const key of issue.keys) {
      const meant = nearest(key, [
        'policies',
        'domains',
        'products',
        'expressions',
        'exceptionDaysMax',
        'severity',
        'parameters',
      ]);
      say(
        [...issue.path, key],
        `${thing} has no key ${key.slice(0, 60)}.${meant === null ? '' : ` Did you mean ${meant}?`}`,
        'key',
      );
    }
  else if (issue.code === 'invalid_union')
    say(
      issue.path,
      `${thing} must be one of ${POLICY_SEVERITIES.join(', ')}, or a mapping with severity and parameters.`,
    );
  else say(issue.path, `${thing}: ${issue.message}.`);
}
