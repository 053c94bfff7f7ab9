import { buildSubgraphSchema } from '@apollo/subgraph';
import { describe, expect, test } from '@jest/globals';
import { graphqlSync, parse } from 'graphql';
import type { Change } from '../../../schema/contract/changes/change.ts';
import { POLICIES } from '../../../schema/policies/policies.ts';
import { edited, HONEST, HONEST_SERVICE, judged, type Files, type Standing } from './judged.ts';

const PRODUCT = 'product.odps.yaml';
const CONTRACT = 'returns.odcs.yaml';
const SDL = 'schema.graphql';
const OWNER = '- { username: ann@sales.example, role: owner }';
const SENT_ON = '      - name: sentOn';
const INTERNAL = 'classification: internal';

const product = (...edits: [string, string][]): Files => edited(HONEST, { [PRODUCT]: edits });
const contract = (...edits: [string, string][]): Files => edited(HONEST, { [CONTRACT]: edits });
const sdl = (...edits: [string, string][]): Files => edited(HONEST_SERVICE, { [SDL]: edits });
const NAME = '  "As it calls itself."\n  name: String';
const added = (field: string): Files => sdl([NAME, `${NAME}\n  "More."\n  ${field}`]);
const deprecated = (...custom: string[]): Files =>
  contract([
    INTERNAL,
    `${INTERNAL}\n        deprecated: true${custom.length === 0 ? '' : `\n        customProperties:\n${custom.map((one) => `          - ${one}`).join('\n')}`}`,
  ]);
const REPLACEMENT = '{ property: replacement, value: returnedOn }';
const until = (day: string): string => `{ property: endOfSupport, value: '${day}' }`;

const change = (given: Partial<Change>): Change => ({
  code: 'FIELD_REMOVED',
  weight: 'breaking',
  bump: 'major',
  message: 'It was there.',
  subject: 'returned_goods.weight',
  coordinates: [],
  file: null,
  path: null,
  ...given,
});
const versions = (from: string, to: string): [Files, Files] => [
  product(['version: 1.2.0', `version: ${from}`], ['returns, version: 1.2.0', `returns, version: ${from}`]),
  product(['version: 1.2.0', `version: ${to}`], ['returns, version: 1.2.0', `returns, version: ${to}`]),
];
const changed = (from: string, to: string, ...changes: Change[]): [Files, Standing] => {
  const [before, after] = versions(from, to);
  return [after, { before, changes }];
};

/** A second service, of a third domain. */
const PORTS: Files = {
  ...edited(HONEST_SERVICE, {
    [PRODUCT]: [
      ['id: logistics/carriers', 'id: harbor/ports'],
      ['domain: logistics', 'domain: harbor'],
      ['name: carriers', 'name: ports'],
      ['logistics/carriers/graph', 'harbor/ports/graph'],
    ],
    'graph.odcs.yaml': [['id: logistics/carriers/graph', 'id: harbor/ports/graph']],
  }),
  [SDL]: `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])
type Query { port: Port }
"A port."
type Port @key(fields: "id") { id: ID! "Its state." state: PortState }
enum PortState { OPEN CLOSED }
`,
};

const FAILS: [id: string, what: string, files: Files, says: string, place: string, standing?: Standing][] = [
  [
    'OWNER_CURRENT',
    'no team',
    product([`team:\n  members:\n    ${OWNER}\n`, '']),
    'names no team',
    'product.odps.yaml:1',
  ],
  [
    'OWNER_CURRENT',
    'an owner who has left',
    product([OWNER, OWNER.replace(' }', ', dateOut: 2026-06-14 }')]),
    'ann@sales.example',
    'product.odps.yaml:15',
  ],
  [
    'OWNER_CURRENT',
    'an owner who is yet to come',
    product([OWNER, OWNER.replace(' }', ', dateIn: 2026-06-16 }')]),
    'not there today',
    'product.odps.yaml:15',
  ],
  [
    'OWNER_CURRENT',
    'a team without an owner',
    product(['role: owner', 'role: steward']),
    'role owner',
    'product.odps.yaml:15',
  ],
  [
    'NAMING',
    'an object in PascalCase',
    contract(['name: returned_goods', 'name: ReturnedGoods']),
    'snake_case',
    'returns.odcs.yaml:7',
  ],
  ['NAMING', 'a property with a space', contract(['name: sentOn', 'name: sent on']), 'neither', 'returns.odcs.yaml:15'],
  [
    'NAMING',
    'both cases in one object',
    contract([
      SENT_ON,
      '      - { name: by_whom, logicalType: string, classification: public, description: Who. }\n      - name: sentOn',
    ]),
    'snake_case',
    'returns.odcs.yaml:16',
  ],
  [
    'NAMING',
    'a type in lower case',
    sdl(['type Carrier', 'type carrier'], ['[Carrier!]', '[carrier!]']),
    'PascalCase',
    'schema.graphql:9',
  ],
  ['NAMING', 'a field in snake_case', added('short_name: String'), 'camelCase', 'schema.graphql:14'],
  [
    'NAMING',
    'an enum value in lower case',
    sdl([NAME, `${NAME}\n}\n\n"How."\nenum Mode {\n  road`]),
    'UPPER_CASE',
    'schema.graphql:17',
  ],
  [
    'DESCRIPTION',
    'a product without purpose',
    product(['  purpose: What customers sent back.', '  usage: Ask.']),
    'purpose',
    'product.odps.yaml:9',
  ],
  [
    'DESCRIPTION',
    'an object without words',
    contract(['    description: Goods that came back.\n', '']),
    'returned_goods',
    'returns.odcs.yaml:7',
  ],
  [
    'DESCRIPTION',
    'a property without words',
    contract(['        description: The day that it was sent.\n', '']),
    'sentOn',
    'returns.odcs.yaml:15',
  ],
  [
    'DESCRIPTION',
    'a field of a service without words',
    sdl(['  "As it calls itself."\n', '']),
    'Carrier.name',
    'schema.graphql:11',
  ],
  [
    'DESCRIPTION',
    'a type of a service without words',
    sdl(['"Who brings goods."\n', '']),
    'Carrier',
    'schema.graphql:8',
  ],
  [
    'VERSION',
    'a product that counts by month',
    product(['version: 1.2.0', "version: '2026-06'"]),
    '2026-06',
    'product.odps.yaml:6',
  ],
  [
    'VERSION',
    'a contract that counts by month',
    contract(['version: 1.2.0', "version: '2026-06'"]),
    'sales/returns/returns',
    'returns.odcs.yaml:4',
  ],
  [
    'STATUS',
    'a word of nobody',
    product(['status: active', 'status: activ']),
    'Did you mean active?',
    'product.odps.yaml:7',
  ],
  [
    'STATUS',
    'a contract that is retired',
    contract(['status: active', 'status: retired']),
    'weft retire',
    'returns.odcs.yaml:5',
  ],
  ['CLASSIFICATION', 'a property without', contract([`        ${INTERNAL}\n`, '']), 'sentOn', 'returns.odcs.yaml:15'],
  [
    'SENSITIVE_DATA',
    'restricted to nobody',
    contract([INTERNAL, 'classification: Restricted']),
    'no roles',
    'returns.odcs.yaml:15',
  ],
  [
    'SENSITIVE_DATA',
    'a tag that says it',
    contract([INTERNAL, `${INTERNAL}\n        tags: [PII]`]),
    'PII',
    'returns.odcs.yaml:15',
  ],
  [
    'SENSITIVE_DATA',
    'a role that nobody approves',
    contract(
      [INTERNAL, 'classification: restricted'],
      ['slaProperties:', 'roles:\n  - { role: reader, access: read }\nslaProperties:'],
    ),
    'reader',
    'returns.odcs.yaml:15',
  ],
  [
    'SLA',
    'no frequency',
    contract(['  - { property: frequency, value: 1, unit: d }\n', '']),
    'frequency',
    'returns.odcs.yaml:22',
  ],
  ['SLA', 'no latency', contract(['property: latency', 'property: retention']), 'latency', 'returns.odcs.yaml:22'],
  [
    'SLA',
    'a service that promises nothing',
    edited(HONEST_SERVICE, { 'graph.odcs.yaml': [['availability', 'retention']] }),
    'availability',
    'graph.odcs.yaml:9',
  ],
  [
    'QUALITY_RULE',
    'no rule',
    contract(['    quality:\n      - { metric: rowCount, mustBeGreaterThan: 0 }\n', '']),
    'returned_goods',
    'returns.odcs.yaml:7',
  ],
  [
    'QUALITY_RULE',
    'words only',
    contract(['{ metric: rowCount, mustBeGreaterThan: 0 }', '{ type: text, description: All of them. }']),
    'returned_goods',
    'returns.odcs.yaml:7',
  ],
  [
    'BREAKING_CHANGE',
    'with a minor version',
    ...placed(changed('1.2.0', '1.3.0', change({})), 'from 1.2.0 to 1.3.0', 'product.odps.yaml:6'),
  ],
  [
    'BREAKING_CHANGE',
    'where it stands in the contract',
    ...placed(
      changed('1.2.0', '1.3.0', change({ file: CONTRACT, path: 'schema[0].properties[1]' })),
      'raise the major',
      'returns.odcs.yaml:15',
    ),
  ],
  [
    'BREAKING_CHANGE',
    'below one, with a patch',
    ...placed(changed('0.2.0', '0.2.1', change({})), 'raise the major', 'product.odps.yaml:6'),
  ],
  [
    'BREAKING_CHANGE',
    'from a version that says nothing',
    ...placed(changed("'2025'", "'2026'", change({})), 'from 2025 to 2026', 'product.odps.yaml:6'),
  ],
  ['VERSION_BUMP', 'back', ...placed(changed('1.2.0', '1.1.0'), 'goes back', 'product.odps.yaml:6')],
  [
    'VERSION_BUMP',
    'something added under the same minor',
    ...placed(
      changed('1.2.0', '1.2.1', change({ weight: 'safe', bump: 'minor' })),
      'asks for a minor version',
      'product.odps.yaml:6',
    ),
  ],
  [
    'VERSION_BUMP',
    'words under the same version',
    ...placed(
      changed('1.2.0', '1.2.0', change({ weight: 'safe', bump: 'patch' })),
      '1.2.1 or higher',
      'product.odps.yaml:6',
    ),
  ],
  [
    'PORT_VERSION',
    'a port ahead of its product',
    product(['returns, version: 1.2.0', 'returns, version: 1.10.0']),
    '1.10.0',
    'product.odps.yaml:13',
  ],
  ['DEPRECATION_NOTICE', 'without an end', deprecated(REPLACEMENT), 'endOfSupport', 'returns.odcs.yaml:15'],
  [
    'DEPRECATION_NOTICE',
    'without a replacement',
    deprecated(until('2027-01-01')),
    'replacement',
    'returns.odcs.yaml:15',
  ],
  [
    'DEPRECATION_NOTICE',
    'an end that is no day',
    deprecated(REPLACEMENT, until('soon')),
    'soon',
    'returns.odcs.yaml:15',
  ],
  [
    'DEPRECATION_NOTICE',
    'too short a notice',
    deprecated(REPLACEMENT, until('2026-07-01')),
    '30 days',
    'returns.odcs.yaml:15',
  ],
  [
    'DEPRECATION_NOTICE',
    'a product without an end',
    product(['status: active', 'status: deprecated']),
    'endOfSupport',
    'product.odps.yaml:7',
  ],
  [
    'DEPRECATION_NOTICE',
    'a product beyond its end',
    edited(HONEST, {
      [PRODUCT]: [['status: active', 'status: deprecated']],
      [CONTRACT]: [['slaProperties:', "slaProperties:\n  - { property: endOfSupport, value: '2026-06-01' }"]],
    }),
    'retire',
    'product.odps.yaml:7',
  ],
  [
    'DEPRECATION_NOTICE',
    'a property that goes without a word',
    HONEST,
    'never deprecated',
    'returns.odcs.yaml:null',
    { before: contract([SENT_ON, '      - { name: weight, logicalType: integer }\n      - name: sentOn']) },
  ],
  [
    'DEPRECATION_NOTICE',
    'a property that goes before its day',
    HONEST,
    '2026-06-16',
    'returns.odcs.yaml:null',
    {
      before: contract([
        SENT_ON,
        `      - { name: weight, logicalType: integer, deprecated: true, customProperties: [${until('2026-06-16')}] }\n      - name: sentOn`,
      ]),
    },
  ],
  [
    'DEPRECATION_NOTICE',
    'a field of a service without a reason',
    added('old: String @deprecated'),
    'Carrier.old',
    'schema.graphql:14',
  ],
  [
    'INPUT_STATUS',
    'what is deprecated',
    edited(HONEST, {
      [PRODUCT]: [
        [
          'contractId: sales/returns/source }',
          'contractId: sales/returns/source }\n  - { name: orders, version: 1.0.0, contractId: sales/orders/orders }',
        ],
      ],
    }),
    'sales/orders',
    'product.odps.yaml:12',
    { others: [orders('deprecated')] },
  ],
  [
    'TYPE_REDEFINED',
    "a key that another's type has not",
    sdl([NAME, `${NAME}\n}\n\n"A return."\ntype ReturnedGood @key(fields: "name") {\n  name: String`]),
    '"name"',
    'schema.graphql:16',
    { others: [HONEST] },
  ],
  [
    'TYPE_REDEFINED',
    "another domain's enum with other values",
    sdl([NAME, `${NAME}\n}\n\n"How."\nenum PortState {\n  OPEN`]),
    'harbor/ports',
    'schema.graphql:16',
    { others: [PORTS] },
  ],
  [
    'TYPE_REDEFINED',
    'an input of the platform',
    sdl([NAME, `${NAME}\n}\n\n"How."\ninput StringFilter {\n  eq: Int`]),
    'the platform',
    'schema.graphql:16',
  ],
  [
    'TYPE_REDEFINED',
    "a field of another domain's service",
    sdl([
      NAME,
      `${NAME}\n}\n\n"A port."\ntype Port @key(fields: "id") {\n  id: ID!\n  "Its state."\n  state: Int @override(from: "harbor/ports")`,
    ]),
    'another domain',
    'schema.graphql:19',
    { others: [PORTS] },
  ],
  ['LIST_PAGINATED', 'all at once', sdl(['carriers(first: Int!)', 'carriers']), 'Query.carriers', 'schema.graphql:5'],
  ['LIST_PAGINATED', 'a list within', added('partners: [Carrier!]'), 'Carrier.partners', 'schema.graphql:14'],
];

const PASSES: [id: string, what: string, files: Files, standing?: Standing][] = [
  [
    'OWNER_CURRENT',
    'of several, one who stays',
    product([OWNER, `- { username: old@sales.example, role: owner, dateOut: 2020-01-01 }\n    ${OWNER}`]),
  ],
  [
    'OWNER_CURRENT',
    'the team of the contract',
    edited(HONEST, {
      [PRODUCT]: [[`team:\n  members:\n    ${OWNER}\n`, '']],
      [CONTRACT]: [['schema:', `team:\n  - { username: ann@sales.example, role: Data Owner }\nschema:`]],
    }),
  ],
  ['NAMING', 'snake_case throughout', contract(['name: sentOn', 'name: sent_on'])],
  ['VERSION', 'a pre-release', product(['version: 1.2.0', 'version: 2.0.0-rc.1+5'])],
  ['SENSITIVE_DATA', 'masked', contract([INTERNAL, 'classification: restricted\n        encryptedName: sentOn_hash'])],
  [
    'SENSITIVE_DATA',
    'restricted to approved roles',
    contract(
      [INTERNAL, 'classification: restricted'],
      ['slaProperties:', 'roles:\n  - { role: reader, firstLevelApprovers: ann }\nslaProperties:'],
    ),
  ],
  ['SLA', 'freshness in place of latency', contract(['property: latency', 'property: freshness'])],
  [
    'SLA',
    'no frequency where it reads products only',
    edited(HONEST, {
      [PRODUCT]: [['contractId: sales/returns/source', 'contractId: sales/orders/orders']],
      [CONTRACT]: [['  - { property: frequency, value: 1, unit: d }\n', '']],
    }),
    { others: [orders('active')] },
  ],
  ['BREAKING_CHANGE', 'with a major version', ...changed('1.2.0', '2.0.0', change({}))],
  ['BREAKING_CHANGE', 'below one, with a minor version', ...changed('0.2.0', '0.3.0', change({}))],
  ['BREAKING_CHANGE', 'what is risky only', ...changed('1.2.0', '1.3.0', change({ weight: 'risky', bump: 'minor' }))],
  [
    'VERSION_BUMP',
    'something added with a minor version',
    ...changed('1.2.0', '1.3.0', change({ weight: 'safe', bump: 'minor' })),
  ],
  [
    'VERSION_BUMP',
    'a release after its candidate',
    ...changed('1.2.0-rc.10', '1.2.0', change({ weight: 'safe', bump: 'patch' })),
  ],
  ['PORT_VERSION', 'a port behind its product', product(['returns, version: 1.2.0', 'returns, version: 1.1.9'])],
  ['DEPRECATION_NOTICE', 'with replacement and time', deprecated(REPLACEMENT, until('2026-09-01'))],
  [
    'DEPRECATION_NOTICE',
    'an end that drew near since',
    deprecated(REPLACEMENT, until('2026-06-20')),
    { before: deprecated(REPLACEMENT, until('2026-06-20')) },
  ],
  [
    'DEPRECATION_NOTICE',
    'gone on its day',
    HONEST,
    {
      before: contract([
        SENT_ON,
        `      - { name: weight, logicalType: integer, deprecated: true, customProperties: [${until('2026-06-15')}] }\n      - name: sentOn`,
      ]),
    },
  ],
  [
    'INPUT_STATUS',
    'what is active',
    edited(HONEST, {
      [PRODUCT]: [
        [
          'contractId: sales/returns/source }',
          'contractId: sales/returns/source }\n  - { name: orders, version: 1.0.0, contractId: sales/orders/orders }',
        ],
      ],
    }),
    { others: [orders('active')] },
  ],
  [
    'TYPE_REDEFINED',
    "fields added to another domain's type by its key",
    sdl([
      NAME,
      `${NAME}\n}\n\ntype ReturnedGood @key(fields: "id") {\n  id: ID!\n  "Who brought it."\n  carrier: Carrier`,
    ]),
    { others: [HONEST] },
  ],
  [
    'TYPE_REDEFINED',
    'a definition that is the same',
    sdl([NAME, `${NAME}\n}\n\n"Whether it is open."\nenum PortState {\n  CLOSED\n  OPEN`]),
    { others: [PORTS] },
  ],
  ['LIST_PAGINATED', 'a list of values', added('tags: [String!]!')],
  ['LIST_PAGINATED', 'a list that says how long it is', added('partners: [Carrier!] @listSize(assumedSize: 10)')],
];

function placed([files, standing]: [Files, Standing], says: string, place: string): [Files, string, string, Standing] {
  return [files, says, place, standing];
}

function orders(status: string): Files {
  return edited(HONEST, {
    [PRODUCT]: [
      ['id: sales/returns', 'id: sales/orders'],
      ['name: returns', 'name: orders'],
      ['status: active', `status: ${status}`],
      ['sales/returns/source', 'sales/orders/source'],
      ['sales/returns/returns', 'sales/orders/orders'],
    ],
    'source.odcs.yaml': [['sales/returns/source', 'sales/orders/source']],
    [CONTRACT]: [
      ['sales/returns/returns', 'sales/orders/orders'],
      ['name: returned_goods', 'name: orders'],
    ],
  });
}

test.each([HONEST, HONEST_SERVICE])('an honest product has no finding', (files) => {
  expect(judged(files)).toEqual([]);
});

test("what federation itself puts into a service is nobody's to name, to describe, or to own", () => {
  const served = (files: Files): Files => ({ ...files, [SDL]: servedSdl(files[SDL]!) });
  expect(served(PORTS)[SDL]).toContain('union _Entity = Port');
  expect(judged(served(HONEST_SERVICE), { others: [served(PORTS)] })).toEqual([]);
});

/** As a service says it of itself, by Apollo's library. */
function servedSdl(sdl: string): string {
  const { data } = graphqlSync({ schema: buildSubgraphSchema(parse(sdl)), source: '{ _service { sdl } }' });
  return (data as { _service: { sdl: string } })._service.sdl;
}

describe('fails', () => {
  test.each(FAILS)('%s: %s', (...[id, , files, says, place, standing]) => {
    const found = judged(files, standing).filter(({ code }) => code === id);
    expect(found.map(({ file, line }) => `${file}:${line}`)).toContain(place);
    expect(found.map(({ message }) => message).join('\n')).toContain(says);
    const byDefault = POLICIES.find((policy) => policy.id === id)?.severity;
    expect(new Set(found.map(({ severity }) => severity))).toEqual(new Set([byDefault]));
  });
});

describe('passes', () => {
  test.each(PASSES)('%s: %s', (...[id, , files, standing]) => {
    expect(judged(files, standing).filter(({ code }) => code === id)).toEqual([]);
  });
});

test('every policy is seen to fail and says why it is, what passes, what fails and how to mend it', () => {
  expect([...new Set(FAILS.map(([id]) => id))].sort()).toEqual(POLICIES.map(({ id }) => id).sort());
  for (const { reason, documentation } of POLICIES)
    for (const words of [reason, ...Object.values(documentation)]) expect(words).toMatch(/\S{2,}/);
});

test('of many faults of a kind twenty are told, and how many more there are', () => {
  const many = Array.from(
    { length: 70 },
    (_, at) => `      - { name: p${at}, logicalType: string, description: One. }`,
  );
  const found = judged(contract([SENT_ON, `${many.join('\n')}\n${SENT_ON}`])).filter(
    ({ code }) => code === 'CLASSIFICATION',
  );
  expect(found).toHaveLength(20);
  expect(found.at(-1)?.message).toContain('And 50 more of the same.');
});
