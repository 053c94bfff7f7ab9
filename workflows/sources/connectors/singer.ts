import { Refusal } from '../../../schema/errors.ts';
import { at } from '../exact-json.ts';
import type { Item } from '../spooled-records.ts';
import { jsonOf, messagesOf } from './messages.ts';
import { noStream } from './no-stream.ts';
import type { Speech, Stream, Wish } from './protocol.ts';

interface Metadata {
  readonly breadcrumb: readonly string[];
  readonly metadata: Readonly<Record<string, unknown>>;
}

/** Singer's specification 0.3, and the metadata of its catalog: a tap is told which columns of which stream it reads, and writes messages. */
export const singer: Speech = {
  discover: async (source, config, say) => {
    const lines: string[] = [];
    for await (const some of say(['--config', config, '--discover'])) lines.push(...some);
    // One value, on as many lines as the tap likes.
    const told = at(jsonOf(lines.join('\n')), 'streams');
    const streams: readonly unknown[] = Array.isArray(told) ? told : [];
    const named = (key: string): unknown[] => streams.filter((one) => at(one, key) === source.stream);
    const [entry] = [...named('tap_stream_id'), ...named('stream')];
    if (entry === undefined)
      throw noStream(
        source,
        streams.map((one) => at(one, 'tap_stream_id')),
      );
    return { schema: at(entry, 'schema'), entry: entry as Stream['entry'] };
  },
  reading: ({ entry }, config, wish) => [
    '--config',
    config,
    '--catalog',
    { file: 'catalog.json', json: { streams: [selected(entry, wish)] } },
    ...(wish.state === undefined ? [] : ['--state', { file: 'state.json', json: wish.state }]),
  ],
  hear: (lines, { entry }, source) => {
    const records: Item[] = [];
    let state: unknown;
    for (const message of messagesOf(lines))
      switch (at(message, 'type')) {
        case 'RECORD':
          if ([entry['stream'], entry['tap_stream_id']].includes(at(message, 'stream')))
            records.push(at(message, 'record') as Item);
          break;
        case 'STATE':
          state = at(message, 'value');
          break;
        case 'BATCH':
          throw new Refusal(
            'SOURCE_FAILED',
            `The connector of the server ${source.name} writes its rows into files of its own (BATCH): leave batch_config out of its config.`,
          );
      }
    return { records, ...(state !== undefined && { state }) };
  },
};

/** The stream's entry of the catalog, with what is to be read of it and how. */
function selected(entry: Stream['entry'], { object, isIncremental }: Wish): Stream['entry'] {
  const metadata = (Array.isArray(entry['metadata']) ? entry['metadata'] : []) as readonly Metadata[];
  const own = metadata.find(({ breadcrumb }) => breadcrumb.length === 0)?.metadata ?? {};
  const wanted = new Set(object.properties.flatMap(({ sourceColumn }) => [sourceColumn, sourceColumn.split('.')[0]]));
  const valid = own['valid-replication-keys'];
  const key =
    object.load?.watermark?.sourceColumn ??
    entry['replication_key'] ??
    own['replication-key'] ??
    (Array.isArray(valid) ? (valid as unknown[])[0] : undefined);
  // What the tap itself insists on is its own; some say with no letter that they do not.
  const forced = own['forced-replication-method'];
  const asked = isIncremental && key != null ? 'INCREMENTAL' : 'FULL_TABLE';
  const method = typeof forced === 'string' && forced !== '' ? forced : asked;
  const isByKey = method === 'INCREMENTAL' && key != null;
  return {
    ...entry,
    replication_method: method,
    ...(isByKey && { replication_key: key }),
    schema: { ...(entry['schema'] as object), selected: true },
    metadata: [
      {
        breadcrumb: [],
        metadata: {
          ...own,
          selected: true,
          'replication-method': method,
          ...(isByKey && { 'replication-key': key }),
        },
      },
      ...metadata.flatMap(({ breadcrumb, metadata: said }) => {
        const [, name = ''] = breadcrumb;
        const isRead = wanted.has(name) || name === key;
        return breadcrumb.length === 0 ? [] : [{ breadcrumb, metadata: { ...said, selected: isRead } }];
      }),
    ],
  };
}
