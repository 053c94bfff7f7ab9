import { readApiSource } from './api-source.ts';
import { isConnector, readConnectorSource } from './connector-source.ts';
import { readFileBounds } from './file-bounds.ts';
import { readFileFormat } from './file-format.ts';
import { isHttpFile, readHttpPlace, readObjectPlace } from './file-place.ts';
import type { SourceObject } from './model.ts';
import type { OdcsServer } from './odcs-server.ts';
import type { Path } from './parse.ts';
import { readMysqlSource } from './mysql-source.ts';
import { readPostgresSource } from './postgres-source.ts';
import type { Reporter } from './report.ts';

type Check = (
  server: OdcsServer,
  object: SourceObject,
  at: { readonly server: Path; readonly object: Path; readonly report: Reporter },
) => unknown;

/** Servers that sources are read from, by type: each check reads what the connector will read, and reports what is wrong with it. */
const CHECKS: Readonly<Record<string, Check>> = {
  api: readApiSource,
  mysql: readMysqlSource,
  postgres: readPostgresSource,
  postgresql: readPostgresSource,
  local: readFile,
  custom: (server, object, at) =>
    isConnector(server)
      ? readConnectorSource(server, object, at)
      : isHttpFile(server) && [readRemote(server, object, at), readHttpPlace(server, at.server, at.report)],
  s3: (server, object, at) => [readRemote(server, object, at), readObjectPlace(server, at.server, at.report)],
};

/** Says what is wrong with the server that a source's objects are read from, and with how they are asked for. */
export function checkSourceServer(server: OdcsServer, objects: readonly SourceObject[], report: Reporter): void {
  const check = Object.hasOwn(CHECKS, server.type) ? CHECKS[server.type] : undefined;
  // What is wrong with a server is wrong for each of its objects, and said once.
  const once = saidOnce(report);
  for (const [index, object] of objects.entries()) {
    if (object.load?.mode === 'cdc' && !/^postgres(ql)?$/.test(server.type))
      once.error(
        'LOAD_MODE',
        ['schema', index],
        `${object.name}: changes are told by a server of type postgres alone.`,
      );
    check?.(server, object, { server: ['servers', 0], object: ['schema', index], report: once });
  }
}

function readFile(...[server, , at]: Parameters<Check>): unknown {
  return readFileFormat(server, at.server, at.report);
}

function readRemote(...[server, object, at]: Parameters<Check>): unknown {
  return [readFile(server, object, at), readFileBounds(server, at.server, at.report)];
}

function saidOnce(report: Reporter): Reporter {
  const said = new Set<string>();
  const first = (path: Path | null, message: string): boolean => {
    const key = JSON.stringify([path, message]);
    const isFirst = !said.has(key);
    said.add(key);
    return isFirst;
  };
  return {
    file: report.file,
    error: (code, path, message) => first(path, message) && report.error(code, path, message),
    warning: (code, path, message) => first(path, message) && report.warning(code, path, message),
  };
}
