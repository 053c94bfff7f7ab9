import { secretsWithin, withSecretsWithin } from '../../../schema/contract/secret-reference.ts';
import { Refusal } from '../../../schema/errors.ts';
import type { Secrets } from '../../../schema/secrets.ts';

export interface OpenConfig {
  /** With secrets in place of the references. */
  readonly config: unknown;
  /** A text in which none of them is to be read. */
  readonly redacted: (text: string) => string;
}

/** Lines of a secret of several that are worth hiding: `-----` and an empty one are not. */
const TELLING = 8;

/** A configuration with its secrets as they are now. Refuses with SOURCE_MISSING one that is not there. */
export function openConfig(server: string, config: Readonly<Record<string, unknown>>, secrets: Secrets): OpenConfig {
  const values = new Set<string>();
  const secretOf = (name: string): string => {
    const value = secrets(name);
    if (value === null || value === '')
      throw new Refusal(
        'SOURCE_MISSING',
        `The server ${server} needs the secret ${name}, which is not there: an operator sets WEFT_SECRET_${name}, or a file of that name in WEFT_SECRETS_DIR.`,
      );
    for (const line of [value, ...value.split(/\r?\n/).filter(({ length }) => length >= TELLING)]) {
      values.add(line);
      values.add(JSON.stringify(line).slice(1, -1));
      values.add(encodeURIComponent(line));
    }
    return value;
  };
  const opened = withSecrets(config, secretOf);
  // One may be part of another.
  const longestFirst = [...values].sort((one, other) => other.length - one.length);
  return {
    config: opened,
    redacted: (text) =>
      longestFirst
        .reduce((said, value) => said.replaceAll(value, '***'), text)
        // Of addresses that are no secret of ours: a proxy's, an index's.
        .replace(/\/\/[^/\s@]+@/g, '//***@'),
  };
}

function withSecrets(value: unknown, secretOf: (name: string) => string): unknown {
  if (typeof value === 'string') return secretsWithin(value).length === 0 ? value : withSecretsWithin(value, secretOf);
  if (Array.isArray(value)) return value.map((one) => withSecrets(one, secretOf));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, withSecrets(one, secretOf)]));
}
