import { errorFinding, type Finding, passes } from '../../../schema/findings.ts';
import { CommandFailure, EXIT } from '../exit.ts';
import { findingsText, located, sorted } from '../findings-text.ts';
import { givenFolders, productsInput, unreadFindings } from '../given-folders.ts';
import { offlineCheck } from '../offline-check.ts';
import { OPERATIONS } from '../operations.ts';
import { plural } from '../table.ts';
import type { Terminal } from '../terminal.ts';
import type { ProductFolder } from '../../up/product-folders.ts';

/** Checks what `publish` would send: here first, then, where the server can be reached, against all that is live. */
export async function check(terminal: Terminal, path: string, options: { offline?: boolean }): Promise<number> {
  const { cwd } = terminal;
  const folders = await givenFolders(path, cwd);
  const offline = await offlineCheck(folders, cwd);
  const unread = unreadFindings(folders, cwd);
  const online = options.offline === true ? null : await serverCheck(terminal, folders, !passes(offline.findings));
  const server = online?.findings ?? null;
  // The server links with all that is live, so it knows better than a check of these folders alone.
  const findings = sorted(server === null ? [...unread, ...offline.findings] : [...unread, ...server]);
  const passed = passes(findings) && online?.rejected !== true;
  const checkedBy = server === null ? ['offline'] : ['offline', 'server'];
  terminal.show({ passed, checkedBy, products: offline.products, findings }, () =>
    findings.length === 0 ? 'No findings.' : findingsText(findings, terminal),
  );
  const what = plural(folders.length, 'product');
  const by = server === null ? 'offline, by the contracts alone' : `offline and by ${terminal.settings.url}`;
  terminal.say(
    passed
      ? terminal.paint('green', `${what} checked ${by}: passed.`) + ` Next: weft publish ${path}`
      : terminal.paint('red', `${what} checked ${by}: refused.`),
  );
  return passed ? EXIT.done : EXIT.refused;
}

async function serverCheck(
  { ask, cwd, say, settings }: Terminal,
  folders: readonly ProductFolder[],
  isRefusedAlready: boolean,
): Promise<{ rejected: boolean; findings: Finding[] } | null> {
  try {
    const { check: outcome } = await ask(OPERATIONS.check, { products: productsInput(folders) });
    const findings = located(outcome.findings, folders, cwd);
    if (outcome.__typename !== 'Rejected') return { rejected: false, findings };
    const isSaid = findings.some(({ severity }) => severity === 'error');
    const { code, message } = outcome;
    return { rejected: true, findings: isSaid ? findings : [...findings, errorFinding(code, message)] };
  } catch (error) {
    if (!(error instanceof CommandFailure)) throw error;
    if (error.exit === EXIT.unreachable) {
      say(`Not checked against the live mesh: ${settings.url} is out of reach.`);
      return null;
    }
    if (error.exit === EXIT.notAllowed && isRefusedAlready) return null;
    if (error.exit !== EXIT.notAllowed) throw error;
    throw new CommandFailure(error.exit, error.code, `${error.message} Or check without the server: --offline.`, {
      cause: error,
    });
  }
}
