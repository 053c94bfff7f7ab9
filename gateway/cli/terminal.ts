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
  readonly show: (value: unknown, text: () => string) => void;
  /** Words for people, to stderr; nothing where JSON is asked for. */
  readonly say: (line: string) => void;
  /** Words for people that matter in any mode. */
  readonly warn: (line: string) => void;
  readonly paint: (color: Color, text: string) => string;
}

export type Color = 'red' | 'yellow' | 'green' | 'dim' | 'bold';

const ESCAPE = String.fromCharCode(27);
/** Control characters but line feed and tab, and those that turn the direction of text or break lines. */
const HARMFUL = /[^\P{Cc}\n\t]|[\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu;

/** The sequences that `paint` makes, and no others: bold, dim, three colors, and their ends. */
const PAINT = new RegExp(`(${ESCAPE}\\[(?:1|2|22|31|32|33|39)m)`);

/**
 * Text of others, safe to show: no escape sequences, and no control characters but line feed and tab; those that turn
 * the direction of text go too, since a line could read as another.
 */
export function safe(text: string): string {
  return stripVTControlCharacters(text).replace(/\r\n/g, '\n').replace(HARMFUL, '');
}

/** As `safe`, on one line. */
export function safeLine(text: string): string {
  return safe(text).replace(/\s*[\n\t]\s*/g, ' ');
}

/** Puts a terminal together; whatever is shown is made safe here, once. */
export function terminal(
  given: Pick<Terminal, 'cwd' | 'json' | 'streams' | 'settings' | 'ask' | 'signal'> & { readonly color: boolean },
): Terminal {
  const { streams, json, color } = given;
  return {
    ...given,
    show: (value, text) => void streams.out.write(json ? `${jsonText(value)}\n` : shownText(text(), color)),
    say: (line) => {
      if (!json) streams.err.write(shownText(line, color));
    },
    warn: (line) => void streams.err.write(shownText(line, color)),
    paint: painter(color),
  };
}

/** Lines as they may go to a terminal: made safe but for the colors of `paint`, ended by a line feed. */
export function shownText(text: string, color: boolean): string {
  const parts = color ? text.split(PAINT) : [text];
  const shown = parts.map((part, index) => (index % 2 === 0 ? safe(part) : part)).join('');
  return shown.endsWith('\n') ? shown : `${shown}\n`;
}

/** JSON in which what is harmful on a terminal is escaped: the same value, safe to show. */
export function jsonText(value: unknown): string {
  return JSON.stringify(value, null, 2).replace(HARMFUL, (letter) => {
    return `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}

/** Colors text, or leaves it as it is. */
export function painter(color: boolean): Terminal['paint'] {
  return (style, text) => (color ? styleText(style, text, { validateStream: false }) : text);
}
