import { secretsWithin, withSecretsWithin } from '../../../schema/contract/secret-reference.ts';
import { Refusal } from '../../../schema/errors.ts';
import type { DomainId } from '../../../schema/ids.ts';
import type { Secrets } from '../../../schema/secrets.ts';
import { emrServerless } from './emr-serverless.ts';
import { type Spark, sparkRemote } from './remote.ts';

/** Addresses of Spark, with references to secrets: of each domain that has one of its own, and of all others. */
export interface SparkAddresses {
  readonly each: string | null;
  readonly own: ReadonlyMap<DomainId, string>;
}

/** The Spark of a domain, by its address: `sc://…` is one that is there, `emr-serverless://…` one that is started for each run. */
export function sparkOf({ each, own }: SparkAddresses, secrets: Secrets): (domain: DomainId) => Spark | null {
  return (domain) => {
    const written = own.get(domain) ?? each;
    if (written === null) return null;
    return written.startsWith('emr-serverless:')
      ? emrServerless(written)
      : { with: (_work, story) => story(sparkRemote(withSecrets(written, secrets))) };
  };
}

/** Throws what is wrong with an address. */
export function checkSparkAddress(text: string): void {
  if (text.startsWith('emr-serverless:')) emrServerless(text);
  else sparkRemote(withSecretsWithin(text, () => 'x'));
}

function withSecrets(text: string, secrets: Secrets): string {
  const missing = secretsWithin(text).find((name) => secrets(name) === null);
  if (missing !== undefined)
    throw new Refusal(
      'ENGINE_MISSING',
      `The address of Spark needs the secret ${missing}, which this worker does not have.`,
    );
  return withSecretsWithin(text, (name) => encodeURIComponent(secrets(name) ?? ''));
}
