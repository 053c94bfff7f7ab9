import { z } from 'zod';
import type { SourceObject } from './model.ts';
import type { OdcsServer } from './odcs-server.ts';
import type { Path } from './parse.ts';
import { custom, type Reporter } from './report.ts';
import { secretsWithin } from './secret-reference.ts';
import { readSettings } from './settings.ts';
import { timeoutSeconds } from './source-bounds.ts';

/** What a connector's process and Weft say to each other. */
export type Protocol = 'singer' | 'airbyte';

/** A package of PyPI in one version. */
export interface PinnedPackage {
  /** As PEP 503 normalizes it: `tap-postgres`. */
  readonly name: string;
  readonly version: string;
  /** As pip is told: `Tap_Postgres[ssh]==1.2.3`. */
  readonly requirement: string;
}

/** A stream of a connector from PyPI, which runs as a process: a Singer tap, or an Airbyte source. */
export interface ConnectorSource {
  readonly name: string;
  readonly protocol: Protocol;
  readonly package: PinnedPackage;
  /** What is installed beside it. */
  readonly beside: readonly PinnedPackage[];
  /** The program of the package; null: its only one. */
  readonly command: string | null;
  /** The connector's own configuration: texts may refer to secrets, in whole or in part. */
  readonly config: Readonly<Record<string, unknown>>;
  readonly stream: string;
  /** Airbyte's, where two streams have one name. */
  readonly namespace: string | null;
  readonly timeoutSeconds: number;
  /** How long it may say nothing. */
  readonly silentSeconds: number;
  readonly megabytes: number;
}

/** PEP 508's name and extras, and PEP 440's version, of which `==` names one: no `*`, no range, no address. */
const PINNED =
  /^(?<name>[A-Za-z0-9](?:[A-Za-z0-9._-]{0,98}[A-Za-z0-9])?)(?:\[[A-Za-z0-9._-]+(?:,[A-Za-z0-9._-]+)*\])?==(?<version>\d[A-Za-z0-9.!+_-]{0,60})$/;

/** `meltanolabs-tap-postgres==0.10.0`; null where it is no package in one version. */
export function pinnedPackage(text: string): PinnedPackage | null {
  const { name, version } = PINNED.exec(text)?.groups ?? {};
  if (name === undefined || version === undefined) return null;
  return { name: normalizedName(name), version, requirement: text };
}

/** PEP 503: one name, however it is written. */
export function normalizedName(name: string): string {
  return name.toLowerCase().replace(/[-_.]+/g, '-');
}

const pinned = z.string().transform((text, context): PinnedPackage => {
  const read = pinnedPackage(text);
  if (read !== null) return read;
  context.addIssue({
    code: 'custom',
    message: 'must be a package of PyPI in one version, as in tap-postgres==1.2.3',
  });
  return z.NEVER;
});

/** Keys of a configuration by whose names it is seen that their values let somebody in. `token_url` does not. */
const LETS_IN =
  /(passw(or)?d|passphrase|secret|token|api_?key|access_?key|private_?key|signature|cookie|authorization|credentials_?json)s?$/i;

const config = z.record(z.string(), z.unknown()).superRefine((given, context) => {
  for (const path of inClear(given))
    context.addIssue({
      code: 'custom',
      path: [...path],
      message: 'must be a reference to a secret, as in ${secret:SHOP_TOKEN}; a secret never stands in a contract',
    });
});

const onServer = z.object({
  connector: z.discriminatedUnion(
    'by',
    (['singer', 'airbyte'] as const).map((by) =>
      z.strictObject({
        by: z.literal(by),
        package: pinned,
        beside: z.array(pinned).default([]),
        command: z
          .string()
          .regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, { error: 'must be the name of a program of the package' })
          .optional(),
      }),
    ) as [ConnectorGrammar, ConnectorGrammar],
    { error: 'must say by: singer or airbyte' },
  ),
  config: config.default({}),
  timeoutSeconds,
  // Rate limits are waited for by the hour's half; what hangs is not worth waiting longer for.
  silentSeconds: z.int().min(1).max(86_400).default(1_800),
  limits: z.strictObject({ megabytes: z.int().min(1).default(20_480) }).prefault({}),
});
type ConnectorGrammar = z.ZodObject<{
  by: z.ZodLiteral<Protocol>;
  package: typeof pinned;
  beside: z.ZodDefault<z.ZodArray<typeof pinned>>;
  command: z.ZodOptional<z.ZodString>;
}>;
const onObject = z.object({ namespace: z.string().min(1).optional() });

/** True of a server of type `custom` that is a connector of its own. */
export function isConnector(server: OdcsServer): boolean {
  return server.type === 'custom' && custom(server, 'connector') !== undefined;
}

/** Reads how an object is read by a connector: a server of type `custom` with the property `connector`. Null, with findings, where that cannot be told. */
export function readConnectorSource(
  server: OdcsServer,
  object: SourceObject,
  at: { readonly server: Path; readonly object: Path; readonly report: Reporter },
): ConnectorSource | null {
  const { report } = at;
  const settings = readSettings(server, onServer, { of: `The server ${server.server}`, path: at.server, report });
  const own = readSettings(object, onObject, { of: object.name, path: at.object, report, amongOthers: true });
  if (settings === null || own === null) return null;
  const { connector, limits, silentSeconds } = settings;
  if (object.load !== null && object.load.lookBack !== 0)
    report.warning(
      'LOAD_UNUSED',
      at.object,
      `${object.name}: lookBack means nothing to a connector, which remembers itself how far it has come; its config may have a word for it.`,
    );
  return {
    name: server.server,
    protocol: connector.by,
    package: connector.package,
    beside: connector.beside,
    command: connector.command ?? null,
    config: settings.config,
    stream: object.physicalName ?? object.name,
    namespace: own.namespace ?? null,
    timeoutSeconds: settings.timeoutSeconds,
    silentSeconds,
    megabytes: limits.megabytes,
  };
}

/** The places of values that look like secrets and are none that is referred to. */
function inClear(value: unknown, path: readonly (string | number)[] = []): (string | number)[][] {
  if (typeof value !== 'object' || value === null) {
    const key = path.findLast((step) => typeof step === 'string');
    const isText = (typeof value === 'string' && value !== '') || typeof value === 'number';
    return isText && key !== undefined && LETS_IN.test(key) && secretsWithin(String(value)).length === 0
      ? [[...path]]
      : [];
  }
  const entries: [string | number, unknown][] = Array.isArray(value) ? [...value.entries()] : Object.entries(value);
  return entries.flatMap(([key, one]) => inClear(one, [...path, key]));
}
