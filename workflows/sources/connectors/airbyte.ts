import type { ConnectorSource } from '../../../schema/contract/connector-source.ts';
import { Refusal } from '../../../schema/errors.ts';
import { at, textOf } from '../exact-json.ts';
import type { Item } from '../spooled-records.ts';
import { messagesOf } from './messages.ts';
import { noStream } from './no-stream.ts';
import type { Speech, Stream } from './protocol.ts';

/** Airbyte's protocol 0.x: check and discover, then one stream is read from the state that it had. */
export const airbyte: Speech = {
  discover: async (source, config, say) => {
    const all = async (verb: string): Promise<unknown[]> => {
      const said: unknown[] = [];
      for await (const lines of say([verb, '--config', config])) {
        const messages = messagesOf(lines, MUMBLES);
        refuseErrors(messages, source);
        said.push(...messages);
      }
      return said;
    };
    // Many discover without asking anybody: whether they may is told by the check.
    const [checked, discovered] = await bothOf(all('check'), all('discover'));
    const status = at(
      checked.findLast((one) => at(one, 'type') === 'CONNECTION_STATUS'),
      'connectionStatus',
    );
    if (at(status, 'status') !== 'SUCCEEDED')
      throw new Refusal(
        'SOURCE_MISSING',
        `The connector of the server ${source.name} cannot connect: ${textOf(at(status, 'message')) ?? 'it does not say why'}`,
      );
    const told = discovered.map((one) => at(one, 'catalog.streams')).find((one) => one !== undefined);
    const streams: readonly unknown[] = Array.isArray(told) ? told : [];
    const entry = streams.find(
      (one) =>
        at(one, 'name') === source.stream && (source.namespace === null || at(one, 'namespace') === source.namespace),
    );
    if (entry === undefined)
      throw noStream(
        source,
        streams.map((one) => at(one, 'name')),
      );
    return { schema: at(entry, 'json_schema'), entry: entry as Stream['entry'] };
  },
  reading: ({ entry }, config, { object: { load }, isIncremental, state }) => {
    const modes = entry['supported_sync_modes'];
    const can = isIncremental && Array.isArray(modes) && modes.includes('incremental');
    const own = entry['default_cursor_field'];
    const cursor =
      entry['source_defined_cursor'] === true || load?.watermark == null ? own : [load.watermark.sourceColumn];
    const stream = {
      stream: entry,
      sync_mode: can ? 'incremental' : 'full_refresh',
      destination_sync_mode: can ? 'append_dedup' : 'overwrite',
      ...(can && Array.isArray(cursor) && { cursor_field: cursor as unknown[] }),
      ...(load !== null && { primary_key: load.key.map(({ sourceColumn }) => [sourceColumn]) }),
    };
    return [
      'read',
      '--config',
      config,
      '--catalog',
      { file: 'catalog.json', json: { streams: [stream] } },
      ...(state === undefined || !can ? [] : ['--state', { file: 'state.json', json: state }]),
    ];
  },
  hear: (lines, { entry }, source) => {
    const messages = messagesOf(lines, MUMBLES);
    refuseErrors(messages, source);
    const records: Item[] = [];
    let state: unknown;
    for (const message of messages) {
      const [record, told] = [at(message, 'record'), at(message, 'state')];
      const isOurs =
        at(record, 'stream') === entry['name'] && (at(record, 'namespace') ?? null) === (entry['namespace'] ?? null);
      if (at(message, 'type') === 'RECORD' && isOurs) records.push(at(record, 'data') as Item);
      // In the protocol's first version it is what lies in `data`, and no message.
      if (at(message, 'type') === 'STATE')
        state = ['STREAM', 'GLOBAL'].includes(String(at(told, 'type'))) ? [told] : at(told, 'data');
    }
    return { records, ...(state !== undefined && { state }) };
  },
};

/** Lines that are no messages are what libraries print. */
const MUMBLES = { mumbles: true };

/** Both are waited for, so that none runs on; where both fail the first tells why. */
async function bothOf<One, Other>(one: Promise<One>, other: Promise<Other>): Promise<[One, Other]> {
  await Promise.allSettled([one, other]);
  return Promise.all([one, other]);
}

/** Refuses with SOURCE_MISSING what its configuration is to blame for, else with SOURCE_FAILED. */
function refuseErrors(messages: readonly unknown[], source: ConnectorSource): void {
  const error = messages.map((one) => at(one, 'trace.error')).find((one) => one !== undefined);
  if (error === undefined) return;
  const said = [at(error, 'message'), at(error, 'internal_message')].map(textOf).filter((one) => one !== null);
  throw new Refusal(
    at(error, 'failure_type') === 'config_error' ? 'SOURCE_MISSING' : 'SOURCE_FAILED',
    `The connector of the server ${source.name} cannot read ${source.stream}: ${[...new Set(said)].join(' ')}`,
  );
}
