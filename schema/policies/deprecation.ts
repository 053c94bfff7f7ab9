import { Kind } from 'graphql';
import { z } from 'zod';
import type { Product } from '../contract/model.ts';
import { custom } from '../contract/report.ts';
import { contractsOf, propertiesOf, type PropertyElement } from './elements.ts';
import { policy, type PolicyContext, type PolicyFinding } from './policy.ts';
import { isNamed, sdlDefinitions } from '../contract/sdl-definitions.ts';

const DAY_MS = 86_400_000;

/** What is deprecated says what to use instead and until when it is there; nothing goes before its day. */
export const deprecation = policy({
  id: 'DEPRECATION_NOTICE',
  reason: 'Consumers need to know what to use instead, and time to move.',
  // Where it goes without notice it breaks consumers, and BREAKING_CHANGE asks for a major version: notice is courtesy beyond that.
  severity: 'warning',
  documentation: {
    passes:
      '- name: delay\n  deprecated: true\n  customProperties:\n    - { property: replacement, value: delayMinutes }\n    - { property: endOfSupport, value: 2027-06-30 }',
    fails: '- name: delay\n  deprecated: true',
    mend: 'Name at the property the custom properties `replacement` (or `deprecationReason`) and `endOfSupport` (a date; or an SLA property endOfSupport whose element is the property). Of a whole product: status deprecated, and an SLA property endOfSupport. Remove nothing before its day.',
  },
  parameters: z
    .strictObject({
      /** Days from the deprecation to the end of support, at least. */
      days: z.int().min(0).max(3_650).default(30),
    })
    .prefault({}),
  judge: (context, { days }): readonly PolicyFinding[] => [
    ...ofProduct(context),
    ...ofProperties(context, days),
    ...ofSdl(context.product),
    ...removed(context),
  ],
});

function ofProduct({ product, today }: PolicyContext): PolicyFinding[] {
  const words = [
    { what: 'the product', status: product.status, file: product.file },
    ...contractsOf(product).map(({ contract, file }) => ({
      what: `the contract ${contract.id}`,
      status: contract.status ?? '',
      file,
    })),
  ];
  return words.flatMap(({ what, status, file }): PolicyFinding[] => {
    if (status.toLowerCase() !== 'deprecated') return [];
    const end = product.sla.promises.find(({ property, element }) => isEnd(property) && element === null)?.value;
    const at = { file, path: 'status' };
    if (end === undefined)
      return [
        { message: `${what} is deprecated, and no SLA property endOfSupport says until when it is there.`, ...at },
      ];
    if (dayOf(end) === null)
      return [{ message: `the endOfSupport of ${what}, ${end.slice(0, 40)}, is no date.`, ...at }];
    return end < today
      ? [{ message: `${what} is beyond its endOfSupport, ${end}: retire it, or say a later day.`, ...at }]
      : [];
  });
}

function ofProperties({ product, before, today }: PolicyContext, days: number): PolicyFinding[] {
  const known = new Set(before === null ? [] : deprecated(before).map(({ name }) => name));
  return deprecated(product).flatMap((element): PolicyFinding[] => {
    const { property, name, file, path } = element;
    const at = { file, path };
    const found: PolicyFinding[] = [];
    if (
      ![custom(property, 'replacement'), custom(property, 'deprecationReason')].some((word) => typeof word === 'string')
    )
      found.push({
        message: `${name} is deprecated, and does not say what to use instead: name its replacement.`,
        ...at,
      });
    const end = endOfSupport(element, product);
    const endMs = end === null ? null : dayOf(end);
    if (end === null)
      found.push({ message: `${name} is deprecated, and no endOfSupport says until when it is there.`, ...at });
    else if (endMs === null)
      found.push({ message: `the endOfSupport of ${name}, ${end.slice(0, 40)}, is no date.`, ...at });
    else if (!known.has(name) && endMs - Date.parse(today) < days * DAY_MS)
      found.push({ message: `${name} is deprecated from now until ${end}: give consumers ${days} days.`, ...at });
    return found;
  });
}

/** GraphQL fills in a reason where none is written. */
function ofSdl(product: Product): PolicyFinding[] {
  return sdlDefinitions(product).flatMap(({ name, members }) =>
    members.flatMap((member): PolicyFinding[] => {
      const directive = member.node.directives?.find((one) => isNamed(one, 'deprecated'));
      const reason = directive?.arguments?.find((argument) => argument.name.value === 'reason')?.value;
      if (directive === undefined || (reason?.kind === Kind.STRING && reason.value.trim() !== '')) return [];
      return [
        { message: `${name}.${member.name} is deprecated without a reason: say what to use instead.`, ...member.at },
      ];
    }),
  );
}

function removed({ product, before, today }: PolicyContext): PolicyFinding[] {
  if (before === null) return [];
  const left = new Set(propertiesOf(product).map(({ name }) => name));
  return propertiesOf(before)
    .filter(({ name }) => !left.has(name))
    .flatMap((element): PolicyFinding[] => {
      const end = element.property.deprecated === true ? endOfSupport(element, before) : null;
      if (end !== null && dayOf(end) !== null && end <= today) return [];
      const why =
        element.property.deprecated !== true
          ? 'was never deprecated'
          : `was to be there until ${end ?? 'a day that nobody said'}`;
      return [
        {
          message: `${element.name} is gone, and ${why}: keep it, deprecated, until its endOfSupport.`,
          file: element.file,
        },
      ];
    });
}

function deprecated(product: Product): PropertyElement[] {
  return propertiesOf(product).filter(({ property }) => property.deprecated === true);
}

function endOfSupport({ property, object, name }: PropertyElement, { sla }: Product): string | null {
  const own = custom(property, 'endOfSupport');
  if (typeof own === 'string') return own;
  const promise = sla.promises.find(
    (one) => isEnd(one.property) && (one.element === name || one.element === object.name),
  );
  return promise?.value ?? null;
}

function isEnd(property: string): boolean {
  return ['endofsupport', 'es', 'endoflife', 'el'].includes(property.toLowerCase());
}

function dayOf(text: string): number | null {
  const ms = /^\d{4}-\d{2}-\d{2}/.test(text) ? Date.parse(text.slice(0, 10)) : Number.NaN;
  return Number.isNaN(ms) ? null : ms;
}
