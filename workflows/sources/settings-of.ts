import type { SourceObject } from '../../schema/contract/model.ts';
import type { OdcsServer } from '../../schema/contract/odcs-server.ts';
import type { Path } from '../../schema/contract/parse.ts';
import { reporter, type Reporter } from '../../schema/contract/report.ts';
import { Refusal } from '../../schema/errors.ts';
import type { Finding } from '../../schema/findings.ts';
import type { SourceAsk } from './source.ts';

type Read<Settings> = (
  server: OdcsServer,
  object: SourceObject,
  at: { readonly server: Path; readonly object: Path; readonly report: Reporter },
) => Settings | null;

/** What a contract says of its source, read as its check reads it. Refuses with SOURCE_MISSING where that is not enough. */
export function settingsOf<Settings>({ server, object }: SourceAsk, read: Read<Settings>): Settings {
  const findings: Finding[] = [];
  const settings = read(server, object, { server: [], object: [], report: reporter(findings, server.server, null) });
  if (settings !== null && findings.every(({ severity }) => severity !== 'error')) return settings;
  const [first] = findings.filter(({ severity }) => severity === 'error');
  throw new Refusal(
    'SOURCE_MISSING',
    first?.message ?? `The server ${server.server} does not say where its data lies.`,
    {
      findings,
    },
  );
}
