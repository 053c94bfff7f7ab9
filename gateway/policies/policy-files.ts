import { readdir, readFile, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';

/** A file of an organisation's governance, by its absolute path. */
export interface PolicyFile {
  readonly path: string;
  readonly text: string;
}

/** What lies at WEFT_POLICIES: a `policies.yaml`, and policies in files of their own. */
export interface PolicyFiles {
  readonly configuration: PolicyFile | null;
  readonly own: readonly PolicyFile[];
}

const CONFIGURATION = /^policies\.ya?ml$/;
/** Declarations and tests lie beside policies, and are none. */
const OWN = /^(?!.*\.(?:d|test|spec)\.[cm]?[jt]s$).*\.[cm]?[jt]s$/;

/** Names and dates of what lies there: another text where anything changed. Throws where nothing can be read. */
export async function policyFilesState(path: string): Promise<string> {
  const paths = await filesAt(path);
  const states = paths.map(async (one) => {
    const { mtimeMs, size, ino } = await stat(one);
    return `${one} ${mtimeMs} ${size} ${ino}`;
  });
  return (await Promise.all(states)).join('\n');
}

/** Reads all that lies there. Throws where something cannot be read. */
export async function readPolicyFiles(path: string): Promise<PolicyFiles> {
  const files = await Promise.all(
    (await filesAt(path)).map(async (one) => ({ path: one, text: await readFile(one, 'utf8') })),
  );
  const isOwn = (file: PolicyFile): boolean => OWN.test(file.path);
  return { configuration: files.find((file) => !isOwn(file)) ?? null, own: files.filter(isOwn) };
}

/** A file is the configuration itself; of a folder, what lies in it directly. */
async function filesAt(path: string): Promise<string[]> {
  const whole = resolve(path);
  if ((await stat(whole)).isFile()) return [whole];
  const names = (await readdir(whole)).sort();
  const [configuration, second] = names.filter((name) => CONFIGURATION.test(name));
  if (second !== undefined) throw new Error(`${whole} has ${configuration} and ${second}: keep one of them`);
  return [...(configuration === undefined ? [] : [configuration]), ...names.filter((name) => OWN.test(name))].map(
    (name) => join(whole, name),
  );
}
