import { z } from 'zod';
import { chosen, doubted, strict } from './grammar.ts';
import { customProperties, role, stableId, text, uri } from './odcs-parts.ts';

const port = z.union([z.int(), z.string()]);

/** What a server of each type needs, and what it may have besides. */
const SERVERS: Readonly<Record<string, readonly [required: string, optional?: string]>> = {
  api: ['location'],
  athena: ['schema', 'stagingDir catalog regionName workgroup'],
  azure: ['location format', 'encoding delimiter'],
  bigquery: ['project dataset'],
  btrieve: ['host database', 'port'],
  clickhouse: ['host port database'],
  cloudsql: ['host port database schema'],
  custom: [
    '',
    'account catalog database dataset delimiter endpointUrl format encoding host location path port project region regionName schema serviceName stagingDir warehouse stream',
  ],
  databricks: ['catalog schema', 'host'],
  db2: ['host port database', 'schema'],
  denodo: ['host port', 'database'],
  dremio: ['host port', 'schema'],
  duckdb: ['database', 'schema'],
  exasol: ['host', 'port schema'],
  fastobjects: ['database', 'host port'],
  glue: ['account database', 'location format encoding'],
  hana: ['host', 'port database schema'],
  hive: ['host database', 'port'],
  iceberg: ['catalog catalogUrl', 'namespace warehouse'],
  impala: ['host database', 'port'],
  informix: ['host database', 'port'],
  ingres: ['host database', 'port'],
  kafka: ['host', 'format encoding'],
  kinesis: ['', 'region format encoding'],
  local: ['path format', 'encoding'],
  mysql: ['host port database'],
  oracle: ['host port serviceName'],
  poet: ['database', 'host port'],
  postgres: ['host port database schema'],
  postgresql: ['host port database schema'],
  presto: ['host', 'catalog schema'],
  pubsub: ['project'],
  redshift: ['database schema', 'host region account'],
  s3: ['location', 'endpointUrl format encoding delimiter'],
  sftp: ['location', 'format encoding delimiter'],
  snowflake: ['account database schema', 'host port warehouse'],
  sqlserver: ['host database schema', 'port'],
  synapse: ['host port database'],
  teradata: ['host database', 'port'],
  trino: ['host port catalog schema'],
  vectorwise: ['host database', 'port'],
  versant: ['database', 'host port'],
  vertica: ['host port database schema'],
  zen: ['host database', 'port'],
};

const TYPES = Object.keys(SERVERS);
const URIS = new Set(['location', 'endpointUrl', 'catalogUrl', 'stagingDir']);

const about = {
  id: stableId.optional(),
  server: text,
  type: text,
  description: text.optional(),
  environment: text.optional(),
  roles: z.array(role).optional(),
  customProperties,
};

/** Where data lies, as the contract says; which other keys there are depends on `type`. */
export type OdcsServer = z.infer<z.ZodObject<typeof about>> & {
  readonly path?: string;
  readonly format?: string;
  readonly encoding?: string;
  readonly delimiter?: string;
  readonly location?: string;
  readonly host?: string;
  readonly port?: number | string;
  readonly database?: string;
  readonly schema?: string;
};

const grammars = new Map<string, z.ZodType>(
  TYPES.map((type) => {
    const [required, optional = ''] = SERVERS[type] ?? [''];
    const of = (name: string): z.ZodType => (name === 'port' ? port : URIS.has(name) && type !== 'custom' ? uri : text);
    return [
      type,
      strict({
        ...about,
        ...Object.fromEntries(split(required).map((name) => [name, of(name)])),
        ...Object.fromEntries(split(optional).map((name) => [name, of(name).optional()])),
      }),
    ];
  }),
);
const unknownType = z.looseObject({
  ...about,
  type: doubted(text, () => false, `is a server type that the standard does not know (${TYPES.join(', ')})`),
});

/** The server grammar of the declared type; a type that the standard lacks is kept, with a warning. */
export const server: z.ZodType<OdcsServer> = chosen((value) => {
  const type = typeof value === 'object' && value !== null ? (value as { type?: unknown }).type : undefined;
  if (typeof type !== 'string') return strict(about);
  return (grammars.get(type) ?? unknownType) as never;
});

function split(names: string): string[] {
  return names === '' ? [] : names.split(' ');
}
