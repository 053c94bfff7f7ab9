import { z } from 'zod';
import type { Finding } from '../findings.ts';
import type { ParsedDocument, Path } from './parse.ts';

/**
 * The grammars are strict, and what is unknown is kept all the same: `judge` answers with the document as it was written, and
 * turns unknown keys into warnings. No schema of a grammar may transform or default.
 */
export function judge<T>(
  schema: z.ZodType<T>,
  document: ParsedDocument,
  file: string,
): { value: T | null; findings: Finding[] } {
  const result = schema.safeParse(document.value);
  const findings = (result.error?.issues ?? []).flatMap((issue) => faults(issue, document, file));
  const sound = findings.every(({ severity }) => severity !== 'error');
  // The schema has spoken: what it objected to are unknown keys and doubts, and those do not change the type.
  return { value: sound ? (document.value as T) : null, findings };
}

/** Chooses the schema by the value itself, so that faults are those of the form that was meant and not of every form. */
export function chosen<T>(choose: (value: unknown) => z.ZodType<T>): z.ZodType<T> {
  return z.unknown().check((context) => {
    const result = choose(context.value).safeParse(context.value);
    for (const issue of result.error?.issues ?? []) context.issues.push({ ...issue, input: undefined });
  }) as unknown as z.ZodType<T>;
}

/** A schema that doubts where `holds` is false: a warning that says `message`. */
export function doubted<T>(schema: z.ZodType<T>, holds: (value: T) => boolean, message: string): z.ZodType<T> {
  return schema.check((context) => {
    if (!holds(context.value))
      context.issues.push({
        code: 'custom',
        input: context.value,
        message,
        params: { severity: 'warning' },
        continue: true,
      });
  });
}

/** A schema that refuses with a code and a sentence of its own where `holds` is false. */
export function refused<T>(
  schema: z.ZodType<T>,
  holds: (value: T) => boolean,
  code: string,
  message: string,
): z.ZodType<T> {
  return schema.check((context) => {
    if (!holds(context.value)) context.issues.push({ code: 'custom', input: context.value, message, params: { code } });
  });
}

/** Free text where the standard lists words: another word is kept, with a warning. */
export function advised(words: readonly string[]): z.ZodType<string> {
  return doubted(
    z.string(),
    (value) => words.includes(value),
    `is not one of the standard's words: ${words.join(', ')}`,
  );
}

/** `schema[0].properties[2].logicalType` */
export function pathText(path: Path): string {
  return path.reduce<string>(
    (text, step) =>
      typeof step === 'number' ? `${text}[${step}]` : text === '' ? String(step) : `${text}.${String(step)}`,
    '',
  );
}

/** A finding at a path of a document. */
export function findingAt(
  document: ParsedDocument,
  file: string,
  path: Path,
  fault: { code: string; message: string; severity?: Finding['severity']; of?: 'value' | 'key' },
): Finding {
  const place = document.locate(path, fault.of);
  return {
    code: fault.code,
    severity: fault.severity ?? 'error',
    message: fault.message,
    file,
    line: place?.line ?? null,
    column: place?.column ?? null,
    path: pathText(path),
  };
}

/** The candidate that `word` most likely means: at most a third of its letters differ. Null where none is close. */
export function nearest(word: string, candidates: readonly string[]): string | null {
  if (word.length > 60) return null;
  const ranked = candidates
    .map((candidate) => ({ candidate, distance: distance(word.toLowerCase(), candidate.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance);
  const best = ranked[0];
  return best !== undefined && best.distance <= Math.max(1, Math.floor(word.length / 3)) ? best.candidate : null;
}

function faults(issue: z.core.$ZodIssue, document: ParsedDocument, file: string): Finding[] {
  const where = pathText(issue.path);
  const thing = where === '' ? 'The document' : where;
  const at = (code: string, message: string, severity: Finding['severity'] = 'error'): Finding =>
    findingAt(document, file, issue.path, { code, message, severity });
  const found = valueAt(document.value, issue.path);
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => unknownKey(key, issue.path, document, file));
    case 'invalid_type':
      if (found === undefined) return [at('CONTRACT_MISSING', `${thing} is missing: ${expected(issue.expected)}.`)];
      return [
        at(
          'CONTRACT_TYPE',
          `${thing} must be ${expected(issue.expected)}, found ${shown(found)}.${hint(issue.expected, found)}`,
        ),
      ];
    case 'invalid_value': {
      const words = issue.values.map(String);
      if (found === undefined) return [at('CONTRACT_MISSING', `${thing} is missing: ${words.join(', ')}.`)];
      const meant = typeof found === 'string' ? nearest(found, words) : null;
      const advice = meant === null ? '' : ` Did you mean ${meant}?`;
      return [
        at(
          'CONTRACT_VALUE',
          `${thing} must be ${words.length > 1 ? 'one of ' : ''}${words.join(', ')}, found ${shown(found)}.${advice}`,
        ),
      ];
    }
    case 'custom': {
      const { code, severity } = (issue.params ?? {}) as { code?: string; severity?: Finding['severity'] };
      const said = code === undefined ? `${thing} ${issue.message}, found ${shown(found)}.` : issue.message;
      return [at(code ?? 'CONTRACT_VALUE', said, severity)];
    }
    default:
      return [at('CONTRACT_VALUE', `${thing}: ${issue.message}, found ${shown(found)}.`)];
  }
}

/** Keys known at each strict object, remembered when it is made: zod's issue does not name them. */
const known = new WeakMap<object, readonly string[]>();
const allKeys = new Set<string>();

/** A strict object of the grammar. */
export function strict<Shape extends z.ZodRawShape>(shape: Shape): z.ZodObject<Shape, z.core.$strict> {
  const schema = z.strictObject(shape);
  known.set(schema, Object.keys(shape));
  for (const key of Object.keys(shape)) allKeys.add(key);
  return schema;
}

function unknownKey(key: string, path: Path, document: ParsedDocument, file: string): Finding {
  const siblings = Object.keys(valueAt(document.value, path) ?? {});
  const meant = nearest(
    key,
    [...allKeys].filter((candidate) => !siblings.includes(candidate)),
  );
  const advice = meant === null || meant === key ? '' : ` Did you mean ${meant}?`;
  const place = path.length === 0 ? 'the document' : pathText(path);
  return findingAt(document, file, [...path, key], {
    code: 'CONTRACT_UNKNOWN_KEY',
    severity: 'warning',
    message: `${key.slice(0, 60)} is no key of the standard in ${place}; it is kept and means nothing.${advice}`,
    of: 'key',
  });
}

function valueAt(value: unknown, path: Path): unknown {
  let here = value;
  for (const step of path) {
    if (typeof here !== 'object' || here === null || !Object.hasOwn(here, step)) return undefined;
    here = (here as Record<PropertyKey, unknown>)[step];
  }
  return here;
}

const NOUNS: Record<string, string> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a mapping of keys to values',
};

function expected(noun: string): string {
  return NOUNS[noun] ?? noun;
}

function hint(wanted: string, found: unknown): string {
  if (wanted === 'string' && ['number', 'boolean'].includes(typeof found)) return ' Write it in quotes.';
  if (wanted === 'array' && found !== null && typeof found === 'object') return ' Begin each item with "- ".';
  return '';
}

function shown(value: unknown): string {
  if (value === null || value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a mapping';
  const text = JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 77)}…` : text;
}

function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, change));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
