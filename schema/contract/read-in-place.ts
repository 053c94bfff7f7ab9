import type { Engine } from './engines.ts';
import { readFileFormat } from './file-format.ts';
import type { InputPort, SourceObject } from './model.ts';
import { reporter } from './report.ts';

type ServerInput = Extract<InputPort, { readonly kind: 'server' }>;

/**
 * True where the engine reads a source itself, where it lies, each time that the SQL runs: its rows are never landed. What is kept from run
 * to run is always landed, and so is what Spark has no reader for that reads it as Weft's own do.
 */
export function isReadInPlace(engine: Engine, { server }: ServerInput, object: SourceObject): boolean {
  if (engine === 'postgres' || object.load !== null) return false;
  return engine === 'duckdb' || isReadBySpark(server, object);
}

function isReadBySpark(server: ServerInput['server'], { properties }: SourceObject): boolean {
  if (server.type !== 'local' && server.type !== 's3') return false;
  const format = readFileFormat(server, [], reporter([], server.server, null));
  if (format === null || properties.some(({ sourceColumn }) => sourceColumn === 'file_row_number')) return false;
  if (format.kind === 'parquet') return true;
  if (format.kind === 'json' || format.kind === 'ndjson') return format.encoding === 'utf-8';
  if (format.kind !== 'csv' || format.encoding !== 'utf-8') return false;
  const { header, skip, decimal, nulls, quote, escape } = format.dialect;
  return header && skip === 0 && decimal === '.' && nulls.length === 0 && quote === '"' && escape === '"';
}
