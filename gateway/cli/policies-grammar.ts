import type { Command } from 'commander';
import { policies } from './commands/policies.ts';
import { exceptions, exempt, revokeException } from './commands/policy-exceptions.ts';
import type { PolicyPlace } from './shown-policies.ts';
import type { Terminal } from './terminal.ts';

type Add = (usage: string, says: string, examples: readonly string[]) => Command;
type On = (command: (terminal: Terminal) => Promise<number>) => Promise<void>;

/** `weft policies`, and what is beneath it. */
export function addPolicies(add: Add, on: On): void {
  const command = add('policies [id]', 'list what products are judged by, or explain a policy or a code', [
    'policies',
    'policies SENSITIVE_DATA',
    'policies --product network/airports',
    'policies exempt CLASSIFICATION network/airports --until 2026-12-31 --reason "agreed with the data office"',
  ])
    .option('--domain <id>', 'as they hold in a domain')
    .option('--product <id>', 'as they hold for a product')
    .action((id: string | undefined, place: PolicyPlace) => on((terminal) => policies(terminal, id, place)));
  command
    .command('exceptions')
    .description('list exceptions from policies that hold')
    .option('--product <id>', 'of one product')
    .option('--policy <id>', 'from one policy')
    .option('--all', 'those too that have ended or were revoked')
    .action((_options: object, given: Command) =>
      on((terminal) =>
        exceptions(terminal, given.optsWithGlobals<{ product?: string; policy?: string; all?: boolean }>()),
      ),
    );
  command
    .command('exempt <policy> <product>')
    .description('let a product pass without a policy for a while (for admins)')
    .requiredOption('--until <day>', 'when it ends: a day or a moment')
    .requiredOption('--reason <text>', 'why, for all to read')
    .action((policy: string, product: string, options: { until: string; reason: string }) =>
      on((terminal) => exempt(terminal, { policy, product, ...options })),
    );
  command
    .command('revoke <exception>')
    .description('end an exception now (for admins)')
    .action((id: string) => on((terminal) => revokeException(terminal, id)));
}
