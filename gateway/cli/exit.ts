import type { Finding } from '../../schema/findings.ts';

/** What the command line ends with. */
export const EXIT = { done: 0, refused: 1, usage: 2, notAllowed: 3, unreachable: 4 } as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** A place that the server or the check named; severities in lower case. */
export type ShownFinding = Pick<Finding, 'code' | 'severity' | 'message' | 'file' | 'line' | 'column'>;

/** A command's no, for people: what it says, the exit code, and what to try next. */
export class CommandFailure extends Error {
  readonly exit: ExitCode;
  /** UPPER_SNAKE: the platform's refusal where it was one, else the command line's own. */
  readonly code: string;
  readonly findings: readonly ShownFinding[];

  constructor(
    exit: ExitCode,
    code: string,
    message: string,
    options: { findings?: readonly ShownFinding[]; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'CommandFailure';
    this.exit = exit;
    this.code = code;
    this.findings = options.findings ?? [];
  }
}

/** Wrong usage: what was given, what is expected. */
export function wrongUsage(message: string): CommandFailure {
  return new CommandFailure(EXIT.usage, 'USAGE', message);
}
