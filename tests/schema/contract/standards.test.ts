import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { Ajv2019, type ValidateFunction } from 'ajv/dist/2019.js';
import addFormats from 'ajv-formats';
import { parse } from 'yaml';
import { passes, type Finding } from '../../../schema/findings.ts';
import { readObject } from '../../../schema/contract/object.ts';
import { parseContract } from '../../../schema/contract/odcs.ts';
import { parseProduct } from '../../../schema/contract/odps.ts';
import { printDocument } from '../../../schema/contract/parse.ts';
import { readAlone } from '../../../schema/contract/read-alone.ts';
import { reporter } from '../../../schema/contract/report.ts';

const STANDARDS = fileURLToPath(new URL('../../../../shared/odcs', import.meta.url));
const present = existsSync(STANDARDS);
const names = present ? readdirSync(`${STANDARDS}/examples`) : [];

interface Read {
  readonly value: unknown;
  readonly findings: readonly Finding[];
}
function read(path: string, text: string): Read {
  if (path.endsWith('.odps.yaml')) {
    const { product, findings } = parseProduct({ path, text });
    return { value: product, findings };
  }
  const { contract, findings } = parseContract({ path, text });
  return { value: contract, findings };
}

const official = present ? describe : describe.skip;
official('the official examples (../shared/odcs; skipped where that is absent)', () => {
  test('have measures and dimensions that are read', () => {
    const path = 'measures-and-dimensions.odcs.yaml';
    const { contract, document } = parseContract({ path, text: readFileSync(`${STANDARDS}/examples/${path}`, 'utf8') });
    const report = reporter([], path, document);
    const at = {
      contractId: path,
      path: ['schema', 0],
      report,
      kind: 'managed' as const,
      schema: null,
      ruleIds: new Set<string>(),
    };
    const { dimensions, measures, semanticFaults } = readObject(contract!.schema![0]!, at);
    expect(semanticFaults).toEqual([]);
    expect([...dimensions, ...measures].map(({ field, scalar }) => `${field}: ${scalar}`)).toEqual([
      'countryCodeDim: String',
      'orderMonth: Date',
      'totalTurnoverEuros: Decimal',
      'nbReceipts: BigInt',
      'averageBasketValue: Decimal',
    ]);
  });
});

official('the official standards (../shared/odcs; skipped where that is absent)', () => {
  // Not strict: the standards' own schemas use keywords in ways that ajv would warn of.
  const ajv = addFormats.default(new Ajv2019({ strict: false, allErrors: true }));
  const compile = (name: string): ValidateFunction =>
    ajv.compile(JSON.parse(readFileSync(`${STANDARDS}/schema/${name}`, 'utf8')));
  const isContract = present ? compile('odcs-json-schema-v3.2.0.json') : ajv.compile(true);
  const isProduct = present ? compile('odps-json-schema-v1.0.0.json') : ajv.compile(true);
  const text = (name: string): string => readFileSync(`${STANDARDS}/examples/${name}`, 'utf8');

  test.each(names)('%s reads without a finding, as the schema says, and prints to the same values', (name) => {
    const { value, findings } = read(name, text(name));
    const verdict = name.endsWith('.odps.yaml') ? isProduct : isContract;
    expect(verdict(parse(text(name)))).toBe(true);
    expect(findings).toEqual([]);
    expect(value).toEqual(parse(text(name)));
    expect(parse(printDocument(value))).toEqual(parse(text(name)));
  });

  test.each(names)('%s is read by itself: what dangles is a warning', (name) => {
    const { kind, id, findings } = readAlone({ path: name, text: text(name) });
    const { id: written, kind: is } = parse(text(name)) as { id: string; kind: string };
    expect({ kind, id }).toEqual({ kind: is, id: written });
    expect(passes(findings)).toBe(true);
  });

  describe('of mutated examples', () => {
    const seen = new Set<string>();
    const judged = names.flatMap((name) =>
      [...mutants(parse(text(name)), seen)].map(([what, mutant]) => {
        const verdict = name.endsWith('.odps.yaml') ? isProduct : isContract;
        const { findings } = read(name, printDocument(mutant));
        return { what: `${name}: ${what}`, valid: verdict(mutant), findings };
      }),
    );

    test('whatever the schema refuses, we find, too', () => {
      const refused = judged.filter(({ valid }) => !valid);
      expect(refused.length).toBeGreaterThan(500);
      const missed = refused.filter(({ findings }) => findings.length === 0).map(({ what }) => what);
      // Without logicalType the schema's own conditions hold all at once, and it asks for a vector's dimensions of every
      // column. By the text of the standard logicalType is optional.
      expect(missed.filter((what) => !/logicalType is removed$|items is \{\}$/.test(what))).toEqual([]);
    });

    test('whatever we refuse, the schema refuses, too', () => {
      const refused = judged.filter(({ findings }) => !passes(findings));
      expect(refused.filter(({ valid }) => valid).map(({ what }) => what)).toEqual([]);
    });
  });
});

/** At each value of a document: removed, of another type, of another word, and with an unknown key beside it. */
function* mutants(document: unknown, seen: Set<string>): Generator<[string, unknown]> {
  for (const path of paths(document, [], seen)) {
    const where = path.join('.');
    yield [`${where} is removed`, changed(document, path, (parent, key) => void Reflect.deleteProperty(parent, key))];
    for (const other of [42, 'surely-not', null, [], {}])
      yield [`${where} is ${JSON.stringify(other)}`, changed(document, path, (parent, key) => (parent[key] = other))];
    yield [
      `${where} has an unknown key`,
      changed(document, path, (parent, key) => {
        const value = parent[key];
        if (typeof value === 'object' && value !== null && !Array.isArray(value))
          Object.assign(value, { surelyUnknown: 1 });
      }),
    ];
  }
}

/** Places of a document, one of a kind in all examples: the first item stands for its list. */
function* paths(value: unknown, path: readonly string[], seen: Set<string>): Generator<readonly string[]> {
  if (typeof value !== 'object' || value === null) return;
  for (const [key, inner] of Object.entries(value)) {
    const kind = [...path, key].join('.').replace(/\.\d+/g, '.#');
    if (!seen.has(kind)) yield [...path, key];
    seen.add(kind);
    yield* paths(inner, [...path, key], seen);
  }
}

function changed(
  document: unknown,
  path: readonly string[],
  change: (parent: Record<string, unknown>, key: string) => void,
): unknown {
  const copy: unknown = structuredClone(document);
  let parent = copy as Record<string, unknown>;
  for (const step of path.slice(0, -1)) parent = parent[step] as Record<string, unknown>;
  const last = path.at(-1) ?? '';
  change(parent, last);
  // A hole in a list is not what removing an item means.
  if (Array.isArray(parent) && !Object.hasOwn(parent, last)) parent.splice(Number(last), 1);
  return copy;
}
