import type { Logger as TemporalLogger, LogLevel } from '@temporalio/worker';
import type { Logger } from 'pino';

/** What the Temporal SDK logs, as lines of our own logger. */
export function temporalLogger(log: Logger): TemporalLogger {
  const write = (level: 'trace' | 'debug' | 'info' | 'warn' | 'error', message: string, fields?: object): void =>
    log[level]({ ...fields, ...told(fields), taskToken: undefined, from: 'temporal' }, message);
  return {
    log: (level: LogLevel, message, fields) =>
      write(message.startsWith('No workflows registered') ? 'debug' : LEVELS[level], message, fields),
    trace: (message, fields) => write('trace', message, fields),
    // The SDK says at this level when a worker starts and stops.
    info: (message, fields) => write('debug', message, fields),
    debug: (message, fields) => write('debug', message, fields),
    // A domain's worker has no workflows by intent.
    warn: (message, fields) => write(message.startsWith('No workflows registered') ? 'debug' : 'warn', message, fields),
    error: (message, fields) => write('error', message, fields),
  };
}

/** An error as JSON has no words. Its further fields may hold what was in a row, and are not logged. */
function told(fields: object | undefined): { readonly error?: string | undefined } {
  const error: unknown = fields !== undefined && 'error' in fields ? fields.error : null;
  return error instanceof Error ? { error: error.stack ?? error.message } : {};
}

const LEVELS = { TRACE: 'trace', DEBUG: 'debug', INFO: 'debug', WARN: 'warn', ERROR: 'error' } as const;
