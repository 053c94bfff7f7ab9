import type { OdcsServer } from '../../../schema/contract/odcs-server.ts';
import type { Path } from '../../../schema/contract/parse.ts';
import { reporter, type Reporter } from '../../../schema/contract/report.ts';
import { Refusal } from '../../../schema/errors.ts';
import type { Finding } from '../../../schema/findings.ts';
import type { SourceAsk } from '../source.ts';

/** What a server says, by the reader that its check uses. Refuses with SOURCE_MISSING what was published before there was that check. */
export function requireSettings<Settings>(
  server: OdcsServer,
  read: (server: OdcsServer, path: Path, report: Reporter) => Settings | null,
): Settings {
  const findings: Finding[] = [];
  const settings = read(server, [], reporter(findings, server.server, null));
  if (settings !== null) return settings;
  throw new Refusal('SOURCE_MISSING', findings.map(({ message }) => message).join(' '), { findings });
}

/** The secret of that name. Refuses with SOURCE_MISSING where there is none. */
export function requireSecret({ server, secrets }: Pick<SourceAsk, 'server' | 'secrets'>, name: string): string {
  const secret = secrets(name);
  if (secret !== null) return secret;
  throw new Refusal(
    'SOURCE_MISSING',
    `The server ${server.server} needs the secret ${name}, which this worker does not have: give it WEFT_SECRET_${name}, or the file ${name} in WEFT_SECRETS_DIR.`,
  );
}
