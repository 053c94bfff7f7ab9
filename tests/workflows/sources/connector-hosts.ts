import { execFileSync } from 'node:child_process';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import type { ConnectorSource } from '../../../schema/contract/connector-source.ts';
import { pinnedPackage } from '../../../schema/contract/connector-source.ts';
import { programCache } from '../../../gateway/up/postgres-folder.ts';
import { type ConnectorHost, connectorHost } from '../../../workflows/sources/connectors/connector-host.ts';
import { installed } from '../../../workflows/sources/connectors/installed.ts';

const PYTHON = process.env['WEFT_PYTHON'] ?? 'python3';
const TRIAL = fileURLToPath(new URL('./trial_connector.py', import.meta.url));

/** A host that installs from PyPI, into a folder that stays from run to run. */
export function pypiHost(): ConnectorHost {
  return connectorHost(process.env, {
    allowed: '*',
    folder: join(programCache(process.env), 'connectors'),
    python: PYTHON,
  });
}

/** Why connectors of these packages cannot be tried here; null where they can. They are installed then. */
export async function whyNot(packages: Readonly<Record<string, 'singer' | 'airbyte'>>): Promise<string | null> {
  const { signal } = new AbortController();
  try {
    await Promise.all(
      Object.entries(packages).map(([requirement, protocol]) => {
        const of = { name: 'trial', package: pinnedPackage(requirement)!, protocol, beside: [], command: null };
        return installed(pypiHost(), of as unknown as ConnectorSource, signal);
      }),
    );
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** A host whose only package is `trial-connector==1.0.0`, with the programs `tap-trial` and `source-trial`; null without Python. */
export async function trialHost(): Promise<ConnectorHost | null> {
  const folder = await mkdtemp(join(tmpdir(), 'weft-connectors-'));
  try {
    execFileSync(PYTHON, ['-c', WHEEL, TRIAL, folder], { stdio: ['ignore', 'ignore', 'pipe'] });
  } catch {
    return null;
  }
  const env = { ...process.env, PIP_NO_INDEX: '1', PIP_FIND_LINKS: folder };
  return connectorHost(env, { allowed: 'Trial_Connector', folder: join(folder, 'connectors'), python: PYTHON });
}

const WHEEL = `
import sys, zipfile
with zipfile.ZipFile(sys.argv[2] + "/trial_connector-1.0.0-py3-none-any.whl", "w") as wheel:
    info = "trial_connector-1.0.0.dist-info/"
    wheel.write(sys.argv[1], "trial_connector.py")
    wheel.writestr(info + "METADATA", "Metadata-Version: 2.1\\nName: trial-connector\\nVersion: 1.0.0\\n")
    wheel.writestr(info + "WHEEL", "Wheel-Version: 1.0\\nGenerator: test\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
    wheel.writestr(info + "entry_points.txt", "[console_scripts]\\ntap-trial = trial_connector:tap\\nsource-trial = trial_connector:source\\n")
    wheel.writestr(info + "RECORD", "".join(info + name + ",,\\n" for name in ("METADATA", "WHEEL", "entry_points.txt", "RECORD")) + "trial_connector.py,,\\n")
`;
