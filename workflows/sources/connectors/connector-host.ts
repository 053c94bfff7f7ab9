import { type ConnectorSource, normalizedName, type PinnedPackage } from '../../../schema/contract/connector-source.ts';
import { Refusal } from '../../../schema/errors.ts';

/** How this worker runs connectors from PyPI, if it does. */
export interface ConnectorHost {
  /** WEFT_CONNECTORS: `tap-postgres`, `tap-postgres==1.2.3`; `*` is every package. Empty: none. */
  readonly allowed: readonly string[];
  /** Where they are installed, each in a virtual environment of its own. */
  readonly folder: string;
  /** The interpreter that makes these. */
  readonly python: string;
  /** What the processes have of the worker's environment, and no more. */
  readonly environment: Readonly<Record<string, string>>;
  /** What pip has besides: which index it asks. */
  readonly pipEnvironment: Readonly<Record<string, string>>;
}

/** By which hosts are reached: proxies and certificate authorities. */
const REACHING = /^(PATH|(https?|no|all)_proxy|SSL_CERT_(FILE|DIR)|REQUESTS_CA_BUNDLE)$/i;
/** pip's cache is below the home folder. */
const INSTALLING = /^(PIP_.*|HOME|XDG_CACHE_HOME)$/;

/** Reads what an operator allows: nothing where nothing is said, since to install a package is to run what its authors wrote. */
export function connectorHost(
  env: NodeJS.ProcessEnv,
  { allowed, folder, python }: { allowed: string; folder: string; python: string },
): ConnectorHost {
  const matching = (names: RegExp): Record<string, string> =>
    Object.fromEntries(
      Object.entries(env).flatMap(([name, value]) => (value !== undefined && names.test(name) ? [[name, value]] : [])),
    );
  return {
    allowed: allowed.split(/[\s,]+/).flatMap((listed) => (listed === '' ? [] : [withPlainName(listed)])),
    folder,
    python,
    environment: matching(REACHING),
    pipEnvironment: matching(INSTALLING),
  };
}

/** Refuses with FORBIDDEN a package that the operator does not allow, those beside it among them. */
export function requireAllowed({ allowed }: ConnectorHost, source: ConnectorSource): void {
  const isAllowed = ({ name, version }: PinnedPackage): boolean =>
    ['*', name, `${name}==${version}`].some((form) => allowed.includes(form));
  const refused = [source.package, ...source.beside].find((one) => !isAllowed(one));
  if (refused !== undefined)
    throw new Refusal(
      'FORBIDDEN',
      `The server ${source.name} wants the package ${refused.requirement} from PyPI, whose code would run in this worker: an operator allows it by WEFT_CONNECTORS, which has ${allowed.length === 0 ? 'nothing' : allowed.join(', ').slice(0, 300)}.`,
    );
}

function withPlainName(listed: string): string {
  const [name = '', version] = listed.split('==');
  return [normalizedName(name), ...(version === undefined ? [] : [version])].join('==');
}
