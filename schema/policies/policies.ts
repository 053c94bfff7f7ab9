import { breakingChange } from './breaking-change.ts';
import { classification } from './classification.ts';
import { deprecation } from './deprecation.ts';
import { descriptions } from './descriptions.ts';
import { inputStatus } from './input-status.ts';
import { listsPaginated } from './lists-paginated.ts';
import { naming } from './naming.ts';
import { owner } from './owner.ts';
import type { Policy } from './policy.ts';
import { portVersion } from './port-version.ts';
import { qualityRules } from './quality-rules.ts';
import { sensitiveData } from './sensitive-data.ts';
import { sla } from './sla.ts';
import { status } from './status.ts';
import { typeRedefined } from './type-redefined.ts';
import { versionBump } from './version-bump.ts';
import { version } from './version.ts';

/** The platform's policies, in the order in which they are listed. What cannot be turned off is in enforced.ts. */
export const POLICIES: readonly Policy[] = [
  owner,
  naming,
  descriptions,
  version,
  status,
  classification,
  sensitiveData,
  sla,
  qualityRules,
  breakingChange,
  versionBump,
  portVersion,
  deprecation,
  inputStatus,
  typeRedefined,
  listsPaginated,
];
