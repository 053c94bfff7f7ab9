import { Kind, parseValue } from 'graphql';
import type { Change } from './change.ts';
import type { ChangeCode } from './change-codes.ts';
import type { Applied } from './subgraph-definitions.ts';
import { change } from './weighed.ts';

interface Described {
  readonly description: string | null;
  readonly directives: readonly Applied[];
}

/** What is said of an element beside its type: its description and its directives, by what each means to who asks. */
export function elementChanges(coordinate: string, was: Described, is: Described): Change[] {
  const found: Change[] = [];
  const say = (code: ChangeCode, message: string): void => {
    found.push(change(code, { message: `${coordinate} ${message}`, subject: coordinate, coordinates: [coordinate] }));
  };
  const toggled = (name: string, { came, gone }: { came: () => void; gone: () => void }): void =>
    each(texts(was, name), texts(is, name), { came, gone });
  if ((was.description ?? '') !== (is.description ?? '')) say('DESCRIPTION_CHANGED', 'is described otherwise.');
  deprecation(named(was, 'deprecated'), named(is, 'deprecated'), say);
  toggled('inaccessible', {
    came: () => say('HIDDEN', 'is @inaccessible now.'),
    gone: () => say('SHOWN', 'is not @inaccessible any more.'),
  });
  toggled('oneOf', {
    came: () => say('ONE_OF_ADDED', 'takes exactly one of its fields now.'),
    gone: () => say('ONE_OF_REMOVED', 'takes several of its fields now.'),
  });
  each(texts(was, 'tag'), texts(is, 'tag'), {
    gone: (text) => say('TAG_REMOVED', `has no ${text} any more.`),
    came: (text) => say('TAG_ADDED', `has ${text} now.`),
  });
  each(keys(was), keys(is), {
    gone: (fields) => say('ENTITY_KEY_REMOVED', `cannot be reached by the key "${fields}" any more.`),
    came: (fields) => say('ENTITY_KEY_ADDED', `can be reached by the key "${fields}" now.`),
  });
  access(was, is, say);
  each(others(was), others(is), {
    gone: (text) => say('DIRECTIVE_CHANGED', `has no ${text} any more.`),
    came: (text) => say('DIRECTIVE_CHANGED', `has ${text} now.`),
  });
  return found;
}

/** True where clients see the element: not `@inaccessible`, and served by this service. */
export function isSeen({ directives }: Pick<Described, 'directives'>): boolean {
  return directives.every(({ name }) => name !== 'inaccessible' && name !== 'external');
}

type Say = (code: ChangeCode, message: string) => void;

function deprecation(was: Applied | undefined, is: Applied | undefined, say: Say): void {
  const reason = (applied: Applied): string => applied.arguments.get('reason') ?? '"No longer supported"';
  if (was === undefined && is !== undefined) say('DEPRECATED', `is deprecated: ${reason(is)}.`);
  else if (was !== undefined && is === undefined) say('DEPRECATION_WITHDRAWN', 'is not deprecated any more.');
  else if (was !== undefined && is !== undefined && reason(was) !== reason(is))
    say('DEPRECATION_REASON_CHANGED', `is deprecated for another reason: ${reason(is)}.`);
}

/** What guards an element is tightened where one who could pass may not any more. */
function access(was: Described, is: Described, say: Say): void {
  for (const name of ['authenticated', 'requiresScopes', 'policy']) {
    const [before, after] = [named(was, name), named(is, name)];
    if (before?.text === after?.text) continue;
    const tightened = !alternatives(before).every((held) =>
      alternatives(after).some((wanted) => wanted.every((one) => held.includes(one))),
    );
    const message = `was guarded by ${before?.text ?? 'nothing'} and is by ${after?.text ?? 'nothing'}.`;
    say(tightened ? 'ACCESS_TIGHTENED' : 'ACCESS_LOOSENED', message);
  }
}

/** `[["a", "b"], ["c"]]`: a and b, or c; no directive asks for nothing. */
function alternatives(directive: Applied | undefined): readonly (readonly string[])[] {
  if (directive === undefined) return [[]];
  const [given] = directive.arguments.values();
  if (given === undefined) return [['']];
  const value = parseValue(given);
  if (value.kind !== Kind.LIST) return [['']];
  return value.values.map((one) =>
    one.kind === Kind.LIST
      ? one.values.map((item) => ('value' in item ? String(item.value) : ''))
      : ['value' in one ? String(one.value) : ''],
  );
}

const MEANT = new Set([
  'deprecated',
  'inaccessible',
  'oneOf',
  'tag',
  'key',
  'authenticated',
  'requiresScopes',
  'policy',
  'extends',
]);

function others({ directives }: Described): string[] {
  return directives.filter(({ name }) => !MEANT.has(name)).map(({ text }) => text);
}

/** Sets of fields; in which order they stand means nothing. */
function keys({ directives }: Described): string[] {
  return directives
    .filter(({ name, arguments: given }) => name === 'key' && given.get('resolvable') !== 'false')
    .map(({ arguments: given }) => {
      const fields = (given.get('fields') ?? '')
        .replace(/^"+|"+$/g, '')
        .trim()
        .split(/[\s,]+/);
      return (fields.some((field) => field.includes('{')) ? fields : fields.sort()).join(' ');
    });
}

function texts({ directives }: Described, wanted: string): string[] {
  return directives.filter(({ name }) => name === wanted).map(({ text }) => text);
}

function named({ directives }: Described, wanted: string): Applied | undefined {
  return directives.find(({ name }) => name === wanted);
}

/** What of two sets is in one only. */
export function each(
  was: Iterable<string>,
  is: Iterable<string>,
  { gone, came }: { gone: (item: string) => void; came: (item: string) => void },
): void {
  const [before, after] = [new Set(was), new Set(is)];
  for (const item of before) if (!after.has(item)) gone(item);
  for (const item of after) if (!before.has(item)) came(item);
}
