import { isConnector } from '../../schema/contract/connector-source.ts';
import { Refusal } from '../../schema/errors.ts';
import type { Duckdb } from '../engines/duckdb.ts';
import { openApi } from './api.ts';
import { openConnector } from './connectors/connector.ts';
import { httpFile } from './files/http-file.ts';
import { localFiles } from './files/local-files.ts';
import type { FindFiles } from './files/found-files.ts';
import { filesBy, stillBy } from './files/open-files.ts';
import { openMysql } from './mysql.ts';
import { confirmChanges, forgetChanges, heldLog, openPostgresChanges } from './postgres-changes.ts';
import { openPostgres } from './postgres.ts';
import { storedObjects } from './files/stored-objects.ts';
import type { Connector, OpenSource, SourceAsk } from './source.ts';

const objects = storedObjects();
const file = httpFile();
/** How files are found, of each type of server that has some. */
const FILES: Readonly<Record<string, FindFiles>> = { local: localFiles, s3: objects, custom: file };

/** A connector for each type of server that a contract may name. */
const CONNECTORS: Readonly<Record<string, Connector>> = {
  api: openApi,
  local: filesBy(localFiles),
  mysql: openMysql,
  postgres: postgresBy,
  postgresql: postgresBy,
  custom: customBy,
  s3: filesBy(objects),
};

const openHttpFile = filesBy(file);

function customBy(ask: SourceAsk, db: Duckdb): Promise<OpenSource> {
  return isConnector(ask.server) ? openConnector(ask, db) : openHttpFile(ask, db);
}

function postgresBy(ask: SourceAsk, db: Duckdb): Promise<OpenSource> {
  return ask.object.load?.mode === 'cdc' ? openPostgresChanges(ask, db) : openPostgres(ask, db);
}

/** Tells a source that all up to a position is published: it need not keep what was before. */
export async function confirmPosition(ask: SourceAsk, position: string): Promise<void> {
  if (ask.object.load?.mode === 'cdc') await confirmChanges(ask, position);
}

/** Tells a source that nobody goes on from a position: it need keep nothing. */
export async function releasePosition(ask: SourceAsk, position: string): Promise<void> {
  if (ask.object.load?.mode === 'cdc') await forgetChanges(ask, position);
}

/** True where a source says, without being read, that it is in the state still that it told of itself (`SourceRows.state`). */
export async function isStill(ask: SourceAsk, state: string, folder: string): Promise<boolean> {
  const find = isConnector(ask.server) ? undefined : FILES[ask.server.type];
  return find !== undefined && (await stillBy(find)(ask, { state, folder }));
}

/** How many bytes of its log a source keeps because of a position; null where it keeps none. */
export async function lagOfPosition(ask: SourceAsk, position: string): Promise<number | null> {
  return ask.object.load?.mode === 'cdc' ? heldLog(ask, position) : null;
}

/** Opens the source that a contract's server block names. Refuses with SOURCE_MISSING a type that there is no connector for. */
export async function openSource(ask: SourceAsk, db: Duckdb): Promise<OpenSource> {
  const connector = Object.hasOwn(CONNECTORS, ask.server.type) ? CONNECTORS[ask.server.type] : undefined;
  if (connector === undefined)
    throw new Refusal(
      'SOURCE_MISSING',
      `The server ${ask.server.server} of ${ask.object.name} is of type ${ask.server.type}; Weft reads ${Object.keys(CONNECTORS).join(', ')}.`,
    );
  return connector(ask, db);
}
