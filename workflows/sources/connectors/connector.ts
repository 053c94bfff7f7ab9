import { randomUUID } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type ConnectorSource, readConnectorSource } from '../../../schema/contract/connector-source.ts';
import { Refusal } from '../../../schema/errors.ts';
import { textOf } from '../exact-json.ts';
import { settingsOf } from '../settings-of.ts';
import type { Connector, OpenSource, SourceAsk, SourceRows } from '../source.ts';
import { type Item, spooledRecords } from '../spooled-records.ts';
import { airbyte } from './airbyte.ts';
import { requireAllowed } from './connector-host.ts';
import { installed, type Installed } from './installed.ts';
import { columnsOf } from './json-columns.ts';
import { positionText, stateOf } from './position.ts';
import { linesOf, ProgramFault } from './program.ts';
import type { Argument, Say, Speech, Stream } from './protocol.ts';
import { type OpenConfig, openConfig } from './redacting.ts';
import { singer } from './singer.ts';

const SPEECHES = { singer, airbyte } as const;
/** Of what is said against a connector: what it says itself may be pages long. */
const LETTERS = 600;

/**
 * A stream of a Singer tap or an Airbyte source from PyPI, which runs as a process in a virtual environment of its own. Refuses with
 * FORBIDDEN a package that the operator does not allow.
 */
export const openConnector: Connector = async (ask, db): Promise<OpenSource> => {
  const source = settingsOf(ask, readConnectorSource);
  requireAllowed(ask.connectors, source);
  const opened = openConfig(source.name, source.config, ask.secrets);
  const label = `${source.name}: ${source.stream}`;
  const speech = SPEECHES[source.protocol];
  const say = speaker(ask, source, await installed(ask.connectors, source, ask.signal), db.folder);
  const config = { file: 'config.json', json: opened.config };
  const hidden = hiding(source, opened);
  const stream = await speech.discover(source, config, say).catch(hidden);
  const columns = columnsOf(stream.schema, ask.object.properties);
  const spool = join(db.folder, `${randomUUID()}.ndjson`);
  return {
    label,
    columns,
    typed: false,
    facts: { source: label, connector: source.package.requirement },
    read: () => {
      const read = columns.filter(({ name }) =>
        ask.object.properties.some(({ sourceColumn }) => sourceColumn === name),
      );
      return rowsOf(ask, source, { stream, speech, say, config, columns: read, spool }).catch(hidden);
    },
    close: () => rm(spool, { force: true }),
  };
};

async function rowsOf(
  { object, position }: SourceAsk,
  source: ConnectorSource,
  by: {
    stream: Stream;
    speech: Speech;
    say: Say;
    config: Argument;
    columns: OpenSource['columns'];
    spool: string;
  },
): Promise<SourceRows> {
  const { stream, speech, say, config } = by;
  // What is missing is gone: then all must be there.
  const isIncremental = object.load !== null && object.load.deleted !== 'missing';
  const last = { state: isIncremental ? stateOf(source, position) : undefined };
  const reading = speech.reading(stream, config, { object, isIncremental, state: last.state });
  const heard = async function* (): AsyncGenerator<readonly Item[]> {
    for await (const lines of say(reading)) {
      const { records, ...told } = speech.hear(lines, stream, source);
      if ('state' in told) last.state = told.state;
      yield records;
    }
  };
  const { rows } = await spooledRecords(by.spool, by.columns, heard());
  return { ...rows, ...(object.load !== null && { position: positionText(source, last.state) }) };
}

/** Runs the program with what it is told in a folder of its own, which is gone once it has ended. */
function speaker(
  { connectors: { environment }, signal }: SourceAsk,
  source: ConnectorSource,
  { python, program }: Installed,
  parent: string,
): Say {
  const limits = { silentMs: source.silentSeconds * 1_000, untilMs: Date.now() + source.timeoutSeconds * 1_000 };
  return async function* (args) {
    const folder = join(parent, randomUUID());
    await mkdir(folder, { mode: 0o700 });
    try {
      const command = [program, ...(await Promise.all(args.map((argument) => written(folder, argument))))];
      let letters = 0;
      for await (const lines of linesOf({ python, command, folder, environment, signal, ...limits })) {
        for (const line of lines) letters += line.length;
        if (letters > source.megabytes * 1024 * 1024)
          throw new Refusal(
            'SOURCE_INCOMPLETE',
            `The connector of the server ${source.name} says more than the ${source.megabytes} MiB that limits.megabytes allows.`,
          );
        yield lines;
      }
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  };
}

async function written(folder: string, argument: Argument): Promise<string> {
  if (typeof argument === 'string') return argument;
  const path = join(folder, argument.file);
  await writeFile(path, textOf(argument.json) ?? '', { mode: 0o600 });
  return path;
}

/** What it says against itself becomes a refusal. It may have put a secret into words: none stays in them, nor in a cause. */
function hiding(
  { name, package: { requirement } }: ConnectorSource,
  { redacted }: OpenConfig,
): (error: unknown) => never {
  return (error) => {
    if (error instanceof Refusal)
      throw new Refusal(error.code, redacted(error.message).slice(0, LETTERS), { findings: error.findings });
    if (error instanceof ProgramFault)
      throw new Refusal(
        'SOURCE_FAILED',
        redacted(`The connector ${requirement} of the server ${name} ${error.message}`).slice(0, LETTERS),
      );
    throw error;
  };
}
