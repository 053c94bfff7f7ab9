/** The arrows of docs/architecture.md. Where a rule and the page differ, one of them is wrong: change both. */

const ROOM = '^(gateway|schema|subgraphs|workflows)/';
const CODE = '^(gateway|schema|subgraphs|workflows|tests)/';

/** Effects that a pure room has no use for; hashing and path arithmetic are pure. */
const EFFECTS =
  '^(node:)?(fs|net|http|https|http2|tls|dns|dgram|child_process|worker_threads|cluster|timers|os|process)(/|$)';

/** The workflow bundle: its entry, the workflows, and the pure names and tables that they share with the worker. */
const BUNDLE = '^workflows/((workflows|names|workflow|tick)|.+[-./](workflow|tick|stage-table))\\.ts$';

/** A regular expression for npm packages by name. */
const npm = (...names) => `(^|/)node_modules/(${names.join('|')})/`;

/** Forbids files of these names; `numberOfDependentsLessThan` is above any real count, so orphans are seen too. */
const banned = (name, comment, path) => ({
  name,
  comment,
  severity: 'error',
  module: { path, pathNot: 'node_modules', numberOfDependentsLessThan: 100 },
  from: {},
});

const forbidden = [
  {
    name: 'no-cycles',
    comment: 'Files that need each other are one file, or lack a third.',
    from: { path: CODE },
    to: { circular: true },
  },
  {
    name: 'schema-knows-no-other-room',
    comment: 'What is true does not depend on who serves it.',
    from: { path: '^schema/' },
    to: { path: '^(gateway|subgraphs|workflows)/' },
  },
  {
    name: 'words-stand-alone',
    comment:
      'ids, findings, errors, events and run are what all rooms speak: they import one another and nothing else.',
    from: { path: '^schema/(ids|findings|errors|events|run)\\.ts$' },
    to: { pathNot: '^schema/(ids|findings|errors|events|run)\\.ts$' },
  },
  {
    name: 'contract-is-an-island',
    comment: 'schema/contract is pure: it imports the words of schema, and packages without effects.',
    from: { path: '^schema/contract/' },
    to: { path: ROOM, pathNot: '^schema/(contract/|(ids|findings|errors)\\.ts$)' },
  },
  {
    name: 'policies-are-an-island',
    comment: 'schema/policies judges contracts; it imports them and the words of schema.',
    from: { path: '^schema/policies/' },
    to: { path: ROOM, pathNot: '^schema/(policies/|contract/|(ids|findings|errors)\\.ts$)' },
  },
  {
    name: 'island-without-effects',
    comment: 'No I/O and no clock in schema/contract and schema/policies: whoever calls them hands them the text.',
    from: { path: '^schema/(contract|policies)/' },
    to: {
      path: `${EFFECTS}|${npm('pg', 'pg-copy-streams', 'undici', 'express', 'pino', 'knex', '@temporalio', '@apollo/gateway', '@apollo/server', '@duckdb')}`,
    },
  },
  {
    name: 'rooms-meet-in-main',
    comment:
      'gateway, subgraphs and workflows never import one another: if two must agree, the agreement is in schema.',
    from: { path: '^(gateway|subgraphs|workflows)/', pathNot: '^[^/]+/main\\.ts$' },
    to: { path: '^(gateway|subgraphs|workflows)/', pathNot: '^$1/' },
  },
  {
    name: 'workflows-are-deterministic',
    comment:
      'What is bundled for the sandbox imports types, the pure words of schema, its own kind, and @temporalio/workflow.',
    from: { path: BUNDLE },
    to: {
      dependencyTypesNot: ['type-only'],
      pathNot: `${BUNDLE}|^schema/(run|ids)\\.ts$|${npm('@temporalio/(workflow|common)')}`,
    },
  },
  {
    name: 'cli-is-a-client',
    comment:
      'The command line is a client of the public graph; offline it checks with schema/contract and by policies.',
    from: { path: '^gateway/cli/' },
    to: {
      path: ROOM,
      pathNot: '^gateway/(cli|up|policies)/|^schema/((contract|policies)/|(ids|findings|errors)\\.ts$)',
    },
  },
  {
    name: 'up-starts-others-by-path',
    comment: '`up` supervises processes; it imports none of what they run.',
    from: { path: '^gateway/up/' },
    to: { path: ROOM, pathNot: '^gateway/up/|^schema/' },
  },
  {
    name: 'console-stands-alone',
    comment: 'The console is a client of the public graph and nothing else.',
    from: { path: '^gateway/console/' },
    to: { path: ROOM, pathNot: '^gateway/console/' },
  },
  {
    name: 'nobody-imports-the-door',
    comment: 'The command line and `up` are ends: nothing is built on them.',
    from: { path: ROOM, pathNot: '^gateway/(cli|up)/' },
    to: { path: '^gateway/(cli|up)/' },
  },
  {
    name: 'domain-services-stand-alone',
    comment: "A domain's own service is written by a domain team: it has the graph and its packages, not our code.",
    from: { path: '^subgraphs/domains/([^/]+/[^/]+)/' },
    to: { path: ROOM, pathNot: '^subgraphs/domains/$1/' },
  },
  {
    name: 'nobody-imports-tests',
    comment: 'Tests know the rooms; the rooms do not know tests.',
    from: { path: ROOM },
    to: { path: '^tests/' },
  },
  {
    name: 'sql-has-three-homes',
    comment:
      "Platform tables: schema/ledger. Product tables: subgraphs/managed and subgraphs/registered read, workflows writes. `init` looks at an author's own database.",
    from: {
      path: ROOM,
      pathNot:
        '^schema/ledger/|^subgraphs/(managed|registered)/|^workflows/|^gateway/up/|^gateway/cli/init/|^[^/]+/main\\.ts$',
    },
    to: { path: npm('pg', 'pg-copy-streams', 'pg-cursor') },
  },
  {
    name: 'temporal-has-one-home',
    comment: 'Other rooms write an event; the relay in workflows speaks to Temporal (docs/decisions/005).',
    from: { path: ROOM, pathNot: '^workflows/|^gateway/up/' },
    to: { path: npm('@temporalio') },
  },
  {
    name: 'files-are-read-in-workflows',
    comment:
      'DuckDB reads sources, and sources are read by runs; by `init` too, which looks at one before there is a product.',
    from: { path: ROOM, pathNot: '^workflows/|^gateway/cli/init/' },
    to: { path: npm('@duckdb') },
  },
  {
    name: 'no-dev-package-in-production',
    comment: 'A deployed image has no dev dependencies.',
    from: { path: ROOM },
    to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'], pathNot: npm('@types/[^/]+') },
  },
  {
    name: 'packages-are-declared',
    comment: 'A package that is there by luck leaves by luck.',
    from: { path: CODE },
    to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
  },
  {
    name: 'imports-resolve',
    comment: 'Import by the path of the .ts file. `sarif` is types alone, of @types/sarif.',
    from: { path: CODE },
    to: { couldNotResolve: true, pathNot: '^sarif$' },
  },
  banned('no-barrels', 'No index files: import from the file that makes it.', '(^|/)index\\.[cm]?[jt]sx?$'),
  banned(
    'no-drawers',
    'utils, helpers, common, shared and lib say nothing: name the idea.',
    '(^|/)(utils?|helpers?|common|shared|lib|misc)(/|\\.[cm]?[jt]sx?$)',
  ),
];

module.exports = {
  forbidden: forbidden.map((rule) => ({ severity: 'error', ...rule })),
  options: {
    doNotFollow: { path: 'node_modules' },
    // What the bench starts beside us has packages of its own, which are not ours.
    exclude: { path: '(^|/)fixtures/|^tests/bench/query/peers/' },
    // Types count: a type is what rooms agree on.
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      extensions: ['.ts', '.js', '.cjs', '.mjs', '.json'],
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
};
