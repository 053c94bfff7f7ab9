import { Argument, Command, Option } from 'commander';
import { atMost } from './at-most.ts';

import { acknowledge, alerts, type AlertsOptions } from './commands/alerts.ts';
import { diff } from './commands/diff.ts';
import { check, type CheckOptions, REPORT_FORMATS } from './commands/check.ts';
import { completion, completionProducts, type Shell, SHELLS } from './commands/completion.ts';
import { doctor } from './commands/doctor.ts';
import { history } from './commands/history.ts';
import { createKey, type KeyOptions, listKeys, revokeKey } from './commands/key.ts';
import { init, type InitOptions } from './commands/init.ts';
import { exportProducts, type ExportOptions } from './commands/export.ts';
import { addPolicies } from './policies-grammar.ts';
import { addSteering } from './steering-grammar.ts';
import { rollbackData } from './commands/rollback-data.ts';
import { product } from './commands/product.ts';
import { products } from './commands/products.ts';
import { publish } from './commands/publish.ts';
import { query, type QueryOptions } from './commands/query.ts';
import { refresh } from './commands/refresh.ts';
import { rename } from './commands/rename.ts';
import { retire, type RetireOptions } from './commands/retire.ts';
import { rollback } from './commands/rollback.ts';
import { run } from './commands/run.ts';
import { runs } from './commands/runs.ts';
import { slo } from './commands/slo.ts';
import { subscribe, unsubscribe } from './commands/subscribe.ts';
import { usage } from './commands/usage.ts';
import { whoami } from './commands/whoami.ts';
import type { Streams, Terminal } from './terminal.ts';

/** Runs what the arguments chose: `up`, which needs no server, or a command on a terminal. */
export type Act = (json: boolean, command: 'up' | ((terminal: Terminal) => Promise<number>)) => Promise<void>;

const ENVIRONMENT = `
Environment:
  WEFT_URL   where Weft runs (default: what runs on WEFT_HOME, else http://localhost:4000)
  WEFT_KEY   an API key (default: WEFT_HOME/admin.key, for a server on this machine)
  WEFT_HOME  local state (default: .weft in the checkout)
  NO_COLOR   no color

Exit codes: 0 done, 1 refused (a check, policy or run said no), 2 wrong usage, 3 not allowed, 4 server out of reach

Start with:
  $ weft up
  $ weft init sales/returns --from returns.csv
  $ weft products
  $ weft query '{ airports(first: 3) { nodes { iata name } } }' -o table`;

/** What arguments of these names are, in every command. */
const ARGUMENTS: Readonly<Record<string, string>> = {
  product: 'domain/product, as in network/airports',
  folder: 'where product.odps.yaml lies, or one above several products',
  domain: 'as in network',
  run: 'as `weft runs` lists it',
  operation: 'a file, `-` for stdin, or the operation itself',
};

/** The grammar of the command line: names, options, help and examples; what commands do is in their files. */
export function program({ out, err }: Streams, act: Act): Command {
  const weft = new Command('weft')
    .description('A federated graph of data products: the contract is the program.')
    .option('--json', 'answer in JSON, of a stable shape, on stdout')
    .showHelpAfterError('(add --help for the usage)')
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({ writeOut: (text) => out.write(text), writeErr: (text) => err.write(text) })
    .exitOverride()
    .addHelpText('after', ENVIRONMENT);
  const on = (command: (terminal: Terminal) => Promise<number>) =>
    act(weft.opts<{ json?: boolean }>().json === true, command);
  const add = (usage: string, says: string, examples: readonly string[]): Command => {
    const command = weft
      .command(usage)
      .description(says)
      .addHelpText('after', `\nExamples:\n${examples.map((example) => `  $ weft ${example}`).join('\n')}`);
    for (const argument of command.registeredArguments) argument.description = ARGUMENTS[argument.name()] ?? '';
    return command;
  };

  add('up', 'start all of Weft on this machine, with the example mesh; Ctrl-C stops it', ['up', 'up --json']).action(
    () => act(weft.opts<{ json?: boolean }>().json === true, 'up'),
  );
  add('init <product>', 'start a product: its contracts, guessed from a source where one is named', [
    'init sales/returns --from returns.csv',
    'init sales/orders --from postgres://reader@db.example/shop --table orders',
    'init geo/places --from http://localhost:4001/graphql',
    'init sales/returns',
  ])
    .option(
      '--from <source>',
      'a file (csv, tsv, json, ndjson, parquet), postgres://…, an OpenAPI document, GraphQL SDL, or an address of one',
    )
    .option('--table <name>', 'which table or path, where the source has several; may be given again', gathered)
    .option('--url <address>', 'where the service answers, for SDL from a file')
    .option('--to <folder>', "where to write (default: a folder of the product's name)")
    .option('--force', 'overwrite what is there')
    .action((id: string, options: InitOptions) => on((terminal) => init(terminal, id, options)));
  add('check <path>', 'check the products at and below a folder, or contracts by themselves, changing nothing', [
    'check ./returns',
    'check orders.odcs.yaml',
    'check ./returns --offline --json',
    'check ./returns --explain',
    'check . --offline --since origin/main --format markdown --output report.md',
    'check . --format sarif --output weft.sarif',
  ])
    .option('--offline', 'by the contracts alone, even where a server can be reached')
    .addOption(new Option('--format <form>', 'how to write the report (default: text)').choices(REPORT_FORMATS))
    .option('--output <file>', 'where to write the report (default: stdout)')
    .option('--explain', 'say of each finding why it is looked for, and how to mend it')
    .option('--since <commit>', 'where no server is asked, what changes is told from a commit of git')
    .action((path: string, options: CheckOptions) => on((terminal) => check(terminal, path, options)));
  add('publish <folder>', 'publish the products at and below a folder, all or none', [
    'publish ./returns --wait',
    'publish ./sales --no-refresh',
  ])
    .option('--no-refresh', 'do not load data now')
    .option('--wait', 'wait for the first data, and end by the outcome')
    .action((folder: string, options: { refresh: boolean; wait?: boolean }) =>
      on((terminal) => publish(terminal, folder, options)),
    );
  add('diff', 'what changed, weighed: between revisions of a product, or of a folder to what is live', [
    'diff network/airports 3..5',
    'diff network/airports',
    'diff ./returns --json',
  ])
    .addArgument(new Argument('<what>', "a product's id, or a folder"))
    .addArgument(new Argument('[revisions]', 'of a product: 3..5, 3.. or 5 (default: the newest two)'))
    .action((what: string, revisions: string | undefined) => on((terminal) => diff(terminal, what, revisions)));
  add('history <id>', 'every revision of a product, what it changed, and what was refused', [
    'history network/airports',
  ])
    .addOption(new Option('--limit <count>', 'how many').default(50).argParser(atMost(1_000)))
    .action((id: string, options: { limit: number }) => on((terminal) => history(terminal, id, options)));
  add('rollback <id>', 'publish the documents of an earlier revision anew, checked like any publish', [
    'rollback network/airports',
    'rollback network/airports --to 3 --yes',
    'rollback network/airports --data --to 41',
  ])
    .addOption(
      new Option('--to <number>', 'which revision, or version of the data (default: what was live before)').argParser(
        atMost(1_000_000_000),
      ),
    )
    .option('--data', 'the data alone, to an earlier version of it; the product is paused by that')
    .option('--yes', 'do not ask')
    .option('--no-refresh', 'do not load data now')
    .action((id: string, options: { to?: number; data?: boolean; yes?: boolean; refresh: boolean }) =>
      on((terminal) => (options.data === true ? rollbackData : rollback)(terminal, id, options)),
    );
  add('products', 'list the products of the mesh', ['products', 'products --search delay', 'products --domain network'])
    .option('--search <text>', 'in ids, titles, descriptions, tags, types and fields')
    .option('--domain <id>', 'of one domain')
    .addOption(new Option('--kind <kind>', 'only products of the kind').choices(['managed', 'registered', 'remote']))
    .action((options: { search?: string; domain?: string; kind?: string }) =>
      on((terminal) => products(terminal, options)),
    );
  add('product <product>', 'show a product: owner, fields, freshness, lineage', ['product network/airports']).action(
    (id: string) => on((terminal) => product(terminal, id)),
  );
  add('query [operation]', 'ask the graph: a file, `-` for stdin, or the operation itself', [
    "query '{ domains { id } }'",
    'query busiest.graphql -v first=10 -o table',
    'query - < busiest.graphql',
  ])
    .option('-v, --var <name=value>', 'a variable; may be given again', gathered)
    .option('--operation <name>', 'which operation, where the document has several')
    .addOption(new Option('-o, --output <form>', 'how to show the answer (default: json)').choices(['table', 'json']))
    .option('--verbose', 'tell on stderr what the answer was made of, and how fresh that is')
    .option('--plan', 'tell on stderr how it was answered: statements, times, rows (for admins)')
    .option(
      '--stock',
      'have it answered by the stock @apollo/gateway, to hold the two answers against each other (for admins)',
    )
    .action((given: string | undefined, options: QueryOptions) => on((terminal) => query(terminal, given, options)));
  add('refresh <product>', 'load the data of a product anew; joins the run that is under way', [
    'refresh network/airports --wait',
    'refresh network/airports --priority 1',
  ])
    .option('--wait', 'show the stages, and end by the outcome')
    .addOption(new Option('--priority <number>', 'from 1, before all others, to 5 (default: 2)').argParser(atMost(5)))
    .option('--full', 'read all of its sources again, whatever was kept of them')
    .action((id: string, options: { wait?: boolean; priority?: number; full?: boolean }) =>
      on((terminal) => refresh(terminal, id, options)),
    );
  addSteering(add, on);
  add('runs', 'list runs, newest first', ['runs --phase failed', 'runs --product network/airports --limit 5'])
    .option('--product <product>', 'of one product')
    .addOption(
      new Option('--phase <phase>', 'in one phase').choices(['queued', 'running', 'succeeded', 'failed', 'cancelled']),
    )
    .addOption(new Option('--limit <count>', 'how many').default(20).argParser(atMost(10_000)))
    .action((options: { product?: string; phase?: string; limit: number }) =>
      on((terminal) => runs(terminal, options)),
    );
  add('run', 'show a run: stages, quality, why it failed', ['run 0b0c5a4e-7f1d-4c54-9d9c-0c3f9a1b2c3d --watch'])
    .addArgument(new Argument('<id>', 'as `weft runs` lists it'))
    .option('--watch', 'show the stages as they go on, and end by the outcome')
    .action((id: string, options: { watch?: boolean }) => on((terminal) => run(terminal, id, options)));
  add('retire <product>', 'take a product out of the graph; refused while others extend or read it', [
    'retire sales/returns --yes',
    'retire sales/returns --at 90d',
    'retire sales/returns --cancel',
  ])
    .option('--at <when>', 'announce it for then, like 90d or 2030-01-31; consumers are told now')
    .option('--cancel', 'take the announcement back')
    .option('--yes', 'do not ask')
    .action((id: string, options: RetireOptions) => on((terminal) => retire(terminal, id, options)));
  add('subscribe <product>', 'register operations as what you go on asking of a product: no publish may break them', [
    'subscribe network/airports --operations ./queries --purpose "weekly report"',
  ])
    .requiredOption(
      '--operations <folder>',
      'with .graphql files, an operation in each; name.expect.json beside one says what its answer must be like',
    )
    .option('--purpose <text>', 'what for')
    .action((id: string, options: { operations: string; purpose?: string }) =>
      on((terminal) => subscribe(terminal, id, options)),
    );
  add('unsubscribe <product>', 'end your subscription of a product', ['unsubscribe network/airports'])
    .option('--consumer <name>', 'of another; for admins')
    .action((id: string, options: { consumer?: string }) => on((terminal) => unsubscribe(terminal, id, options)));
  add('usage <product>', 'show who uses what of a product, and in which operations', [
    'usage network/airports',
    'usage network/airports --deprecated --days 90',
  ])
    .addOption(new Option('--days <count>', 'within so many days, up to 90').default(30).argParser(atMost(90)))
    .addOption(new Option('--limit <count>', 'how many').default(50).argParser(atMost(1_000)))
    .option('--deprecated', 'only what is deprecated')
    .action((id: string, options: { days: number; limit: number; deprecated?: boolean }) =>
      on((terminal) => usage(terminal, id, options)),
    );
  add('slo <product>', 'show how the promises of a product are kept, and what is left of their error budgets', [
    'slo network/airports',
    'slo network/airports --days 90',
  ])
    .addOption(new Option('--days <count>', 'within so many days, up to 90').default(30).argParser(atMost(90)))
    .action((id: string, options: { days: number }) => on((terminal) => slo(terminal, id, options)));
  const alerting = add('alerts', 'list what is wrong with products; `alerts ack <alert>` says that you see to it', [
    'alerts',
    'alerts --product network/airports --all',
    'alerts ack 0b0c5a4e-7f1d-4c54-9d9c-0c3f9a1b2c3d',
  ])
    .option('--product <product>', 'of one product')
    .option('--all', 'those that are over too')
    .addOption(new Option('--limit <count>', 'how many').default(50).argParser(atMost(1_000)))
    .action((options: AlertsOptions) => on((terminal) => alerts(terminal, options)));
  alerting
    .command('ack <alert>')
    .description('say that you see to an alert: it does not escalate')
    .action((id: string) => on((terminal) => acknowledge(terminal, id)));
  const key = weft.command('key').description('make, list and revoke API keys; for admins');
  key
    .command('create <consumer>')
    .description('make a key of a consumer; it is shown this once')
    .addHelpText(
      'after',
      '\nExamples:\n  $ weft key create reports\n  $ weft key create sales-team --role publisher --domain sales --expires 90d',
    )
    .addOption(
      new Option('--role <role>', 'what it is for').choices(['consumer', 'publisher', 'admin']).default('consumer'),
    )
    .option('--domain <id>', 'what a publisher publishes in; may be given again', gathered, [])
    .option('--expires <when>', 'like 90d or 2030-01-31 (default: never)')
    .action((consumer: string, options: KeyOptions) => on((terminal) => createKey(terminal, consumer, options)));
  key
    .command('list')
    .description('every key, newest first; never the keys themselves')
    .action(() => on(listKeys));
  key
    .command('revoke <id>')
    .description('end the rights of a key, as `weft key list` names it')
    .action((id: string) => on((terminal) => revokeKey(terminal, id)));
  add('whoami', 'tell as whom the command line asks, and what that may do', ['whoami', 'whoami --json']).action(() =>
    on(whoami),
  );
  add('rename <id> <to>', 'give a product another name, or hand it over to another domain; the old id still finds it', [
    'rename sales/returns sales/goods-returned',
    'rename sales/returns service/returns',
  ]).action((id: string, to: string) => on((terminal) => rename(terminal, id, to)));
  add('export [id]', 'write a product in the words of a standard, to stdout or to files', [
    'export network/airports --format odcs',
    'export network/airports --format sdl --revision 3 > airports.graphql',
    'export --all --format openlineage --output ./lineage',
  ])
    .addOption(
      new Option('--format <format>', 'contracts, product document, lineage events, or part of the graph')
        .choices(['odcs', 'odps', 'openlineage', 'sdl'])
        .makeOptionMandatory(),
    )
    .option('--revision <number>', 'of a former revision (default: the live one)', atMost(1_000_000))
    .option('--output <path>', 'a folder for the files, or the file of a single one')
    .option('--all', 'every product of the mesh, each in a folder of its own')
    .action((id: string | undefined, options: ExportOptions) =>
      on((terminal) => exportProducts(terminal, id, options)),
    );
  addPolicies(add, on);
  add('doctor', 'look at all that Weft needs, with a fix for each failure', ['doctor', 'doctor --json']).action(() =>
    on(doctor),
  );
  add('completion', 'print the script by which a shell completes weft', [
    'completion bash > ~/.local/share/bash-completion/completions/weft',
    'completion zsh > "${fpath[1]}/_weft"',
    'completion fish > ~/.config/fish/completions/weft.fish',
  ])
    .addArgument(new Argument('<shell>', 'which shell').choices(SHELLS))
    .action((shell: Shell) => on((terminal) => completion(terminal, shell, weft)));
  weft.command('completion-products', { hidden: true }).action(() => on(completionProducts));
  return weft;
}

function gathered(value: string, before: readonly string[] = []): string[] {
  return [...before, value];
}
