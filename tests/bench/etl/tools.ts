import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { programCache } from '../../../gateway/up/postgres-folder.ts';

const run = promisify(execFile);

/** Programs of PyPI at their pinned versions, each in a venv of its own. */
const PACKAGES = {
  tpchgen: ['tpchgen-cli==4.0.0'],
  dlt: ['dlt[postgres]==1.31.0', 'pyarrow==26.0.1'],
  // The program itself; `sling` would fetch it from elsewhere.
  sling: ['sling-linux-amd64==1.4.11'],
} as const;

export type Tool = keyof typeof PACKAGES;

/** Where venvs and the generated rows stay from run to run. */
export function benchCache(): string {
  const folder = join(programCache(process.env), 'bench-etl');
  mkdirSync(folder, { recursive: true });
  return folder;
}

/** The `bin` folder of a tool's venv, which is made where it is not there yet. Throws with pip's own words where it cannot be had. */
export async function venvOf(tool: Tool): Promise<string> {
  const packages = PACKAGES[tool];
  const folder = join(benchCache(), packages.join('+').replaceAll(/[^a-z0-9.+-]/gi, '-'));
  const done = join(folder, 'installed');
  if (!existsSync(done)) {
    rmSync(folder, { recursive: true, force: true });
    try {
      await run('python3', ['-m', 'venv', folder]);
      await run(join(folder, 'bin', 'pip'), ['install', '--quiet', ...packages], { maxBuffer: 2 ** 24 });
    } catch (error) {
      const said = error instanceof Error && 'stderr' in error ? String(error.stderr).trim().split('\n').at(-1) : '';
      throw new Error(`${packages.join(', ')} cannot be had: ${said || String(error)}`, { cause: error });
    }
    mkdirSync(done);
  }
  return join(folder, 'bin');
}

/** The one program in a package's own folder: sling's. */
export async function slingProgram(): Promise<string> {
  const bin = await venvOf('sling');
  const { stdout } = await run(join(bin, 'python'), [
    '-c',
    'import sling_linux_amd64, os; print(os.path.join(os.path.dirname(sling_linux_amd64.__file__), "bin", "sling-linux-amd64"))',
  ]);
  return stdout.trim();
}
