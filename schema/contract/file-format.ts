import type { OdcsServer } from './odcs-server.ts';
import type { Path } from './parse.ts';
import { custom, type Reporter } from './report.ts';

/** How the rows of a file are written, as a contract's server says it. */
export type FileFormat =
  | { readonly kind: 'csv'; readonly encoding: string; readonly dialect: CsvDialect }
  | { readonly kind: 'json' | 'ndjson'; readonly encoding: string }
  | { readonly kind: 'parquet' | 'arrow' }
  | { readonly kind: 'excel'; readonly sheet: string | number; readonly headerRow: number };

/** What is between the values of a text file. A letter is one of UTF-8's single bytes. */
export interface CsvDialect {
  readonly delimiter: string;
  /** Null where nothing is quoted. */
  readonly quote: string | null;
  /** Stands before a quote that is part of a value. */
  readonly escape: string;
  /** False: the columns are those of the contract, in its order. */
  readonly header: boolean;
  /** Lines before the header that are no rows. */
  readonly skip: number;
  /** What a line begins with that is no row. */
  readonly comment: string | null;
  readonly decimal: '.' | ',';
  /** Texts that mean null, where they are not quoted; nothing at all always does. */
  readonly nulls: readonly string[];
}

/** Words for each format, as a server's `format` may say them. */
const KINDS: Readonly<Record<string, FileFormat['kind']>> = {
  csv: 'csv',
  tsv: 'csv',
  json: 'json',
  ndjson: 'ndjson',
  jsonl: 'ndjson',
  parquet: 'parquet',
  arrow: 'arrow',
  feather: 'arrow',
  excel: 'excel',
  xlsx: 'excel',
};

/** How files of a format are named, in folders that may hold others too. */
export const ENDINGS: Readonly<Record<FileFormat['kind'], readonly string[]>> = {
  csv: ['csv', 'tsv', 'txt'],
  json: ['json'],
  ndjson: ['ndjson', 'jsonl', 'json'],
  parquet: ['parquet'],
  arrow: ['arrow', 'arrows', 'feather', 'ipc'],
  excel: ['xlsx'],
};

/** Names that the Encoding Standard lacks. */
const OTHER_NAMES: Readonly<Record<string, string>> = {
  'latin-1': 'windows-1252',
  utf16: 'utf-16le',
  'utf-16': 'utf-16le',
  ansi: 'windows-1252',
  utf8: 'utf-8',
};

/** Lines before a header; a file with more has another trouble. */
const SKIP_MAX = 1_000;

/**
 * Reads `format`, `encoding` and the dialect of a server, which are custom properties of it where the standard has no key. Null, with
 * findings SERVER_FORMAT, SERVER_ENCODING and SERVER_DIALECT, where a setting is none that a file could be read by.
 */
export function readFileFormat(server: OdcsServer, path: Path, report: Reporter): FileFormat | null {
  const written = (server.format ?? '').toLowerCase();
  const kind = Object.hasOwn(KINDS, written) ? KINDS[written] : undefined;
  if (kind === undefined) {
    report.error(
      'SERVER_FORMAT',
      [...path, ...(server.format === undefined ? [] : ['format'])],
      `The server ${server.server} has the format ${JSON.stringify(server.format ?? '')}; Weft reads ${Object.keys(KINDS).join(', ')}.`,
    );
    return null;
  }
  if (kind === 'parquet' || kind === 'arrow') return { kind };
  const settings = settingsOf(server, path, report);
  if (kind === 'excel') {
    const sheet = settings.sheet('sheet');
    const headerRow = settings.whole('headerRow', 1, { from: 1, to: SKIP_MAX });
    return settings.failed() ? null : { kind, sheet, headerRow };
  }
  const encoding = readEncoding(server, path, report);
  const dialect = kind === 'csv' ? readDialect(settings, written === 'tsv' ? '\t' : ',') : null;
  if (encoding === null || settings.failed()) return null;
  return dialect === null ? { kind: kind === 'csv' ? 'json' : kind, encoding } : { kind: 'csv', encoding, dialect };
}

function readDialect(settings: Settings, delimiter: string): CsvDialect {
  const quote = settings.letter('quote', '"', { none: true });
  return {
    delimiter: settings.letter('delimiter', delimiter) ?? delimiter,
    quote,
    escape: settings.letter('escape', quote ?? '"') ?? '"',
    header: settings.choice('header', true, [true, false]),
    skip: settings.whole('skip', 0, { from: 0, to: SKIP_MAX }),
    comment: settings.letter('comment', null, { none: true }),
    decimal: settings.choice('decimal', '.', ['.', ',']),
    nulls: settings.texts('nulls'),
  };
}

/** The encoding by its name in the Encoding Standard; null, with a finding, where it is none. */
function readEncoding(server: OdcsServer, path: Path, report: Reporter): string | null {
  const written = (server.encoding ?? 'utf-8').trim().toLowerCase();
  try {
    return new TextDecoder(OTHER_NAMES[written] ?? written).encoding;
  } catch {
    report.error(
      'SERVER_ENCODING',
      [...path, 'encoding'],
      `The server ${server.server} has the encoding ${JSON.stringify(server.encoding)}, which is none that can be read: say utf-8, latin-1, windows-1252, utf-16 or another name of the Encoding Standard.`,
    );
    return null;
  }
}

type Settings = ReturnType<typeof settingsOf>;

/** Custom properties of a server as values of one kind each; what is none is a finding, once. */
function settingsOf(server: OdcsServer, path: Path, report: Reporter) {
  let failed = false;
  const valueOf = (name: string): unknown =>
    (name === 'delimiter' ? server.delimiter : undefined) ?? custom(server, name);
  const fault = (name: string, expected: string): void => {
    failed = true;
    report.error(
      'SERVER_DIALECT',
      [...path, name === 'delimiter' && server.delimiter !== undefined ? name : 'customProperties'],
      `The server ${server.server} has ${JSON.stringify(valueOf(name))} as ${name}, which must be ${expected}.`,
    );
  };
  return {
    failed: () => failed,
    letter: (name: string, otherwise: string | null, { none = false } = {}): string | null => {
      const value = valueOf(name) ?? otherwise;
      if (value === null || (none && value === 'none')) return null;
      if (typeof value === 'string' && /^[\t -~]$/.test(value)) return value;
      fault(name, `one letter of ASCII${none ? ', or none' : ''}`);
      return otherwise;
    },
    choice: <Value>(name: string, otherwise: Value, values: readonly Value[]): Value => {
      const value = valueOf(name) ?? otherwise;
      const found = values.find((one) => one === value);
      if (found === undefined) fault(name, values.map((one) => JSON.stringify(one)).join(' or '));
      return found ?? otherwise;
    },
    whole: (name: string, otherwise: number, { from, to }: { from: number; to: number }): number => {
      const value = valueOf(name) ?? otherwise;
      if (typeof value === 'number' && Number.isInteger(value) && value >= from && value <= to) return value;
      fault(name, `a whole number from ${from} to ${to}`);
      return otherwise;
    },
    texts: (name: string): string[] => {
      const value = valueOf(name) ?? [];
      const texts = typeof value === 'string' ? [value] : value;
      if (Array.isArray(texts) && texts.every((one): one is string => typeof one === 'string')) return texts;
      fault(name, 'a text, or a list of texts');
      return [];
    },
    sheet: (name: string): string | number => {
      const value = valueOf(name) ?? 1;
      if ((typeof value === 'string' && value !== '') || (Number.isInteger(value) && (value as number) >= 1))
        return value as string | number;
      fault(name, 'the name of a sheet, or its number from 1');
      return 1;
    },
  };
}
