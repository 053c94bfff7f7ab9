import { EXIT, wrongUsage } from '../exit.ts';
import { OPERATIONS } from '../operations.ts';
import type { ShownException } from '../policy-operations.ts';
import { plural, table } from '../table.ts';
import { safeLine, type Terminal } from '../terminal.ts';

const PAGE = 100;

/** Lists exceptions, newest first: those that hold, or all that were ever granted. */
export async function exceptions(
  terminal: Terminal,
  { product, policy, all }: { product?: string; policy?: string; all?: boolean },
): Promise<number> {
  const found: ShownException[] = [];
  for (let after: string | null = null, more = true; more;) {
    const asked: Record<string, unknown> = { product, policy, ended: all === true, first: PAGE, after };
    const { policyExceptions: page } = await terminal.ask(OPERATIONS.exceptions, asked);
    found.push(...page.nodes);
    after = page.pageInfo.endCursor;
    more = page.pageInfo.hasNextPage && after !== null;
  }
  terminal.show({ exceptions: found }, () =>
    table(
      ['EXCEPTION', 'POLICY', 'PRODUCT', 'UNTIL', 'STATE', 'GRANTED BY', 'REASON'],
      found.map((one) => [
        one.id,
        one.policy,
        one.product,
        one.until.slice(0, 16),
        stateOf(one),
        one.grantedBy,
        one.reason,
      ]),
    ),
  );
  terminal.say(`${plural(found.length, 'exception')}.`);
  return EXIT.done;
}

/** Grants an exception. `until` is a moment, or a day (its end, UTC). */
export async function exempt(
  terminal: Terminal,
  given: { policy: string; product: string; reason: string; until: string },
): Promise<number> {
  const until = /^\d{4}-\d{2}-\d{2}$/.test(given.until) ? `${given.until}T23:59:59Z` : given.until;
  if (Number.isNaN(Date.parse(until)))
    throw wrongUsage(`--until must be a day or a moment, 2026-12-31 or 2026-12-31T12:00:00Z; found ${given.until}.`);
  const policy = given.policy.toUpperCase().replaceAll('-', '_');
  const { granted } = await terminal.ask(OPERATIONS.exempt, { ...given, policy, until });
  terminal.show(granted, () => line(granted));
  terminal.say(`Errors of ${granted.policy} are warnings of ${safeLine(granted.product)} until then.`);
  return EXIT.done;
}

/** Ends an exception now. */
export async function revokeException(terminal: Terminal, id: string): Promise<number> {
  const { revoked } = await terminal.ask(OPERATIONS.revokeException, { id });
  terminal.show(revoked, () => line(revoked));
  return EXIT.done;
}

function line(one: ShownException): string {
  return safeLine([one.id, one.policy, one.product, `until ${one.until}`, stateOf(one)].join('  '));
}

function stateOf({ inForce, revokedBy }: ShownException): string {
  if (inForce) return 'in force';
  return revokedBy === null ? 'ended' : `revoked by ${revokedBy}`;
}
