import type { Finding } from '../../schema/findings.ts';

/** What the command line ends with. */
export const EXIT = { done: 0, refused: 1, usage: 2, notAllowed: 3, unreachable: 4 } as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** A command's no, for people: what it says, the exit code, and what to try next. */
export class CommandFailure extends Error {
  readonly exit: ExitCode;
  /** UPPER_SNAKE: the platform's refusal where it was one, else the command line's own. */
  readonly code: string;
  readonly findings: readonly Finding[];

  constructor(
    exit: ExitCode,
    code: string,
    message: string,
    options: { findings?: readonly Finding[]; cause?: unknown } = {},
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
