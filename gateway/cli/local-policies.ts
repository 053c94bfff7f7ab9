import { openPolicies, type Policies, PolicyConfigurationError } from '../policies/open-policies.ts';
import type { Settings } from './config.ts';
import { CommandFailure, EXIT } from './exit.ts';

/** The policies that hold without a server: the platform's, and those at WEFT_POLICIES where that is set here. Refuses faulty ones. */
export async function localPolicies({ env }: Pick<Settings, 'env'>): Promise<Policies> {
  const path = env['WEFT_POLICIES'];
  try {
    return await openPolicies({ path: path === undefined || path === '' ? null : path });
  } catch (error) {
    if (!(error instanceof PolicyConfigurationError)) throw error;
    const { findings } = error;
    const says = `The policies at WEFT_POLICIES (${path ?? ''}) are not as they must be.`;
    throw new CommandFailure(EXIT.usage, 'POLICY_CONFIGURATION', says, { findings, cause: error });
  }
}
