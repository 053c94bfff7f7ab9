import type { Readable, Writable } from 'node:stream';
import { stripVTControlCharacters, styleText } from 'node:util';

import type { Settings } from './config.ts';
import type { AskServer } from './ask.ts';

/** A stream that may be a terminal. */
export type Out = Writable & { readonly isTTY?: boolean };

/** What a process gives to the command line. */
export interface Streams {
  readonly in: Readable & { readonly isTTY?: boolean };
  readonly out: Out;
  readonly err: Out;
}

/** What every command gets. */
export interface Terminal {
  readonly cwd: string;
  readonly json: boolean;
  readonly streams: Streams;
  readonly settings: Settings;
  readonly ask: AskServer;
  /** Ends waiting: Ctrl-C. */
  readonly signal: AbortSignal;
  /** Data, to stdout: `value` as JSON where JSON is asked for, else the text. */
  show(value: unknown, text: () => string): void;
  /** Words for people, to stderr; nothing where JSON is asked for. */
  say(line: string): void;
  /** Words for people that matter in any mode. */
  warn(line: string): void;
  paint(color: Color, text: string): string;
}

export type Color = 'red' | 'yellow' | 'green' | 'dim' | 'bold';

/**
 * Text of others, safe to show: no escape sequences, and no control characters but line feed and tab; those that turn
 * the direction of text go too, since a line could read as another.
 */
export function safe(text: string): string {
  return stripVTControlCharacters(text)
    .replace(/\r\n/g, '\n')
    .replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g, '');
}

/** As `safe`, on one line. */
export function safeLine(text: string): string {
  return safe(text).replace(/\s*[\n\t]\s*/g, ' ');
}

/** Puts a terminal together; text is made safe here, once, for whatever is shown. */
export function terminal(
  given: Pick<Terminal, 'cwd' | 'json' | 'streams' | 'settings' | 'ask' | 'signal'> & { readonly color: boolean },
): Terminal {
  const { streams, json, color } = given;
  const write = (out: Out, text: string) => void out.write(text.endsWith('\n') ? text : `${text}\n`);
  return {
    ...given,
    show: (value, text) => write(streams.out, json ? JSON.stringify(value, null, 2) : text()),
    say: (line) => {
      if (!json) write(streams.err, line);
    },
    warn: (line) => write(streams.err, line),
    paint: painter(color),
  };
}

/** Colors text, or leaves it as it is. */
export function painter(color: boolean): Terminal['paint'] {
  return (style, text) => (color ? styleText(style, text, { validateStream: false }) : text);
}
