import { z } from 'zod';
import { advised, chosen, doubted, refused, strict } from './grammar.ts';

/** Parts that contract and product have in common, from ODCS 3.0 to 3.2 and ODPS 0.9 to 1.x. */

/** Any text. */
export const text = z.string();
/** A list of texts. */
export const texts = z.array(z.string());
/** One value, no collection. */
export const scalar = z.union([z.string(), z.number(), z.boolean(), z.null()]);

/** Ids that stay when names change, ODCS 3.1. */
export const stableId = doubted(text, (id) => /^[A-Za-z0-9_-]+$/.test(id), 'should have letters, digits, _ and - only');
/** An ISO 8601 date and time; another text is kept, with a warning. */
export const moment = doubted(
  text,
  (value) => !Number.isNaN(Date.parse(value)),
  'should be a date and time, 2026-01-31T09:30:00Z',
);
/** An ISO 8601 date; another text is kept, with a warning. */
export const day = doubted(text, (value) => /^\d{4}-\d{2}-\d{2}$/.test(value), 'should be a date, 2026-01-31');
/** A URI; another text is kept, with a warning. */
export const uri = doubted(text, (value) => /^[a-z][a-z0-9+.-]*:\S+$/i.test(value), 'should be a URI with its scheme');

/** One of `customProperties`: anything that the standard does not name. */
export const customProperty = strict({
  id: stableId.optional(),
  property: text,
  // Any value is allowed, but it must be there.
  value: z.unknown().refine((value) => value !== undefined, { error: 'is missing' }),
  description: text.optional(),
  vendor: text.optional(),
});
/** What the standard does not name, by name. */
export const customProperties = z.array(customProperty).optional();

/** Links to what defines the thing elsewhere. */
export const authoritativeDefinitions = z
  .array(strict({ id: stableId.optional(), url: text, type: text, description: text.optional() }))
  .optional();

/** What it is for, its limits, how to use it. */
export const description = strict({
  usage: text.optional(),
  purpose: text.optional(),
  limitations: text.optional(),
  authoritativeDefinitions,
  customProperties,
}).optional();

const member = strict({
  id: stableId.optional(),
  username: text,
  name: text.optional(),
  description: text.optional(),
  role: text.optional(),
  dateIn: day.optional(),
  dateOut: day.optional(),
  replacedByUsername: text.optional(),
  tags: texts.optional(),
  customProperties,
  authoritativeDefinitions,
});
const members = z.array(member);
const teamObject = strict({
  id: stableId.optional(),
  name: text.optional(),
  description: text.optional(),
  members: members.optional(),
  tags: texts.optional(),
  customProperties,
  authoritativeDefinitions,
});

/** An object with members, or the bare list of ODCS 3.0. */
export const team = chosen<z.infer<typeof teamObject> | z.infer<typeof members>>((value) =>
  Array.isArray(value) ? members : teamObject,
).optional();

/** Where people are helped. */
export const support = z
  .array(
    strict({
      id: stableId.optional(),
      channel: text,
      url: text.optional(),
      description: text.optional(),
      tool: text.optional(),
      scope: text.optional(),
      invitationUrl: text.optional(),
      tags: texts.optional(),
      customProperties,
      authoritativeDefinitions,
    }),
  )
  .optional();

/** Who gets access, and who approves it. */
export const role = strict({
  id: stableId.optional(),
  role: text,
  description: text.optional(),
  access: text.optional(),
  firstLevelApprovers: text.optional(),
  secondLevelApprovers: text.optional(),
  customProperties,
});

/** Refuses majors that are not `major`, doubts minors that are newer than those known. */
export function apiVersion(
  standard: string,
  majors: readonly number[],
  newest: readonly [number, number],
): z.ZodType<string> {
  const parts = (value: string): readonly [number, number] | null => {
    const match = /^v?(\d+)\.(\d+)(\.\d+)?/.exec(value);
    return match === null ? null : [Number(match[1]), Number(match[2])];
  };
  const readable = refused(
    text,
    (value) => {
      const version = parts(value);
      return version !== null && majors.includes(version[0]);
    },
    'CONTRACT_API_VERSION',
    `apiVersion must be one of ${standard} ${majors.map((major) => `v${major}.x`).join(', ')}, such as v${newest.join('.')}.0; older and newer majors are another grammar: convert the document.`,
  );
  return doubted(
    readable,
    (value) => {
      const [major, minor] = parts(value) ?? newest;
      return value.startsWith('v') && (major < newest[0] || (major === newest[0] && minor <= newest[1]));
    },
    `should be at most ${standard} v${newest.join('.')}.0 and begin with v: what is newer is kept unread`,
  );
}

/** The words that the standard advises for `dimension`. */
export const dimension = advised([
  'accuracy',
  'completeness',
  'conformity',
  'consistency',
  'coverage',
  'timeliness',
  'uniqueness',
]);
