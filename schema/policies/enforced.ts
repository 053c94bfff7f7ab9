import type { PolicyDocumentation } from './policy.ts';

/** A rule that is part of reading and linking: an error always, for the platform could not go on without it. */
export interface Enforced {
  /** The first is the rule's name; all are codes of its findings. */
  readonly codes: readonly [string, ...string[]];
  readonly reason: string;
  readonly documentation: PolicyDocumentation;
}

/** What no configuration turns off and no exception lifts. */
export const ENFORCED: readonly Enforced[] = [
  {
    codes: ['SUBGRAPH_HOST'],
    reason:
      'The gateway asks the service from inside the network: its address must not lead where its publisher may not go.',
    documentation: {
      passes: 'location: https://places.example.com/graphql (listed in WEFT_ALLOWED_HOSTS)',
      fails: 'location: http://169.254.169.254/graphql',
      mend: 'An operator lists the host (`host` or `host:port`) in WEFT_ALLOWED_HOSTS. Loopback is free while Weft listens on loopback alone.',
    },
  },
  {
    codes: ['SERVER_HOST'],
    reason:
      'A source is read from inside the network: loopback, link-local and private addresses are refused unless an operator allows them.',
    documentation: {
      passes: 'servers:\n  - { server: crm, type: postgres, host: crm.example.com, … } (listed in WEFT_ALLOWED_HOSTS)',
      fails: 'servers:\n  - { server: crm, type: postgres, host: 10.0.0.5, … }',
      mend: 'An operator lists the host (`host` or `host:port`) in WEFT_ALLOWED_HOSTS. Loopback is free while Weft listens on loopback alone.',
    },
  },
  {
    codes: ['INPUT_DANGLING', 'INPUT_REMOTE'],
    reason: 'A product is refreshed from what it reads: an input port that points at nothing can never be filled.',
    documentation: {
      passes:
        'inputPorts:\n  - { name: flights, version: 1.0.0, contractId: operations/flights/flights } (which is live)',
      fails: 'inputPorts:\n  - { name: flights, version: 1.0.0, contractId: operations/trains }',
      mend: 'Name the contract id of a live product’s output port, or put the contract of the source in the folder. Publish both together where both are new.',
    },
  },
  {
    codes: ['INPUT_CYCLE'],
    reason: 'Where inputs go around in a circle, none of the products could ever be first.',
    documentation: {
      passes: 'routes reads flights, flights reads a file',
      fails: 'routes reads flights, flights reads routes',
      mend: 'Let one of them read the source itself.',
    },
  },
  {
    codes: [
      'RELATIONSHIP_DANGLING',
      'RELATIONSHIP_AMBIGUOUS',
      'RELATIONSHIP_FORM',
      'RELATIONSHIP_NOT_KEY',
      'RELATIONSHIP_TYPE',
    ],
    reason: 'A relationship is a field of the graph: it must lead to the key of one object.',
    documentation: {
      passes: 'relationships:\n  - { to: airports.iata }',
      fails: 'relationships:\n  - { to: airports.name } (which is no key)',
      mend: 'Point at the whole key of an object of the contract, the domain or the mesh; name the product in the custom property `product` where several have it.',
    },
  },
  {
    codes: [
      'SQL_NOT_SELECT',
      'SQL_STATEMENTS',
      'SQL_SYNTAX',
      'SQL_EMPTY',
      'SQL_NOT_EXPRESSION',
      'SQL_TOO_LARGE',
      'SQL_TOO_DEEP',
    ],
    reason:
      'SQL of a product runs in the database that all share: it is one SELECT over declared inputs and changes nothing.',
    documentation: {
      passes: 'query: select count(*) from flights where delay < -120',
      fails: 'query: delete from flights',
      mend: 'Write one SELECT over the names of the input objects (in transformations) or of the product’s own tables (in quality rules).',
    },
  },
  {
    codes: ['KEY_MISSING', 'KEY_TYPE', 'KEY_POSITION'],
    reason: 'Rows are told apart, paged and referred to by their primary key.',
    documentation: {
      passes: '- { name: iata, primaryKey: true, primaryKeyPosition: 1, required: true, … }',
      fails: 'no property of the object has primaryKey: true',
      mend: 'Set primaryKey and primaryKeyPosition on the properties that tell the rows of the object apart.',
    },
  },
  {
    codes: ['TYPE_TAKEN', 'FIELD_TAKEN', 'NAME_TAKEN', 'REFERENCE_NAME'],
    reason: 'A type and a root field of the graph belong to one product.',
    documentation: {
      passes: 'a schema object whose type no other product has',
      fails: 'a schema object airports, where network/airports has the type Airport',
      mend: 'Rename the schema object, or give it the custom property graphqlName.',
    },
  },
  {
    codes: ['OVERRIDE_MANAGED'],
    reason: 'The fields of a managed product are its domain’s: no service takes them over.',
    documentation: {
      passes: 'type Airport @key(fields: "iata") { iata: ID! localName: String }',
      fails: 'type Airport @key(fields: "iata") { iata: ID! name: String @override(from: "network") }',
      mend: 'Give the field another name.',
    },
  },
  {
    codes: ['CONTRACT_ID_TAKEN'],
    reason: 'Others reach a contract by its id.',
    documentation: {
      passes: 'id: network/airports/airports',
      fails: 'the id of a contract that another product has',
      mend: 'Choose another id; domain/product/port is never taken.',
    },
  },
];

/** The enforced rule that has findings of this code; null where none has. */
export function enforcedBy(code: string): Enforced | null {
  return ENFORCED.find(({ codes }) => codes.includes(code)) ?? null;
}
