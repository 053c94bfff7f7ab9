import { CommanderError } from 'commander';

import { askServer } from './ask.ts';
import { up } from './commands/up.ts';
import { settings } from './config.ts';
import { CommandFailure, EXIT } from './exit.ts';
import { findingsText, sorted } from './findings-text.ts';
import { homeFolder } from '../up/home.ts';
import { program, type Act } from './program.ts';
import { jsonText, painter, shownText, terminal, type Streams } from './terminal.ts';

/** What the process is, for the command line. */
export interface Process {
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  readonly color: boolean;
  readonly streams: Streams;
}

/** Runs one command; answers the exit code: 0 done, 1 refused, 2 wrong usage, 3 not allowed, 4 server out of reach. */
export async function cli(args: readonly string[], given: Process): Promise<number> {
  const { env, cwd, color, streams } = given;
  const ending = new AbortController();
  const interrupt = (): void => ending.abort();
  let code: number = EXIT.done;
  // Wrong usage is found before any option is read.
  let json = args.includes('--json');
  const act: Act = async (asksJson, command) => {
    json = asksJson;
    if (command === 'up') {
      code = await up(env, homeFolder(env), streams, json);
      return;
    }
    process.once('SIGINT', interrupt);
    const known = settings(env);
    const ask = askServer(known, ending.signal);
    code = await command(terminal({ cwd, json, color, streams, settings: known, ask, signal: ending.signal }));
  };
  try {
    await program(streams, act).parseAsync(args, { from: 'user' });
    return code;
  } catch (error) {
    if (ending.signal.aborted) return 130;
    if (error instanceof CommanderError && error.exitCode === 0) return EXIT.done;
    return told(failureFrom(error), streams, { json, color });
  } finally {
    process.off('SIGINT', interrupt);
  }
}

/** Commander has told its error to stderr already. */
function failureFrom(error: unknown): CommandFailure {
  if (error instanceof CommandFailure) return error;
  if (error instanceof CommanderError) return new CommandFailure(EXIT.usage, 'USAGE', error.message, { cause: error });
  throw error;
}

function told(
  failure: CommandFailure,
  { out, err }: Streams,
  { json, color }: { json: boolean; color: boolean },
): number {
  const { exit, code, message, findings, cause } = failure;
  if (json) out.write(`${jsonText({ error: { code, message, findings: sorted(findings) } })}\n`);
  if (cause instanceof CommanderError) return exit;
  const paint = painter(color);
  if (findings.length > 0 && !json) err.write(shownText(findingsText(findings, { paint }), color));
  err.write(shownText(`${paint('red', 'weft:')} ${message}`, color));
  return exit;
}
