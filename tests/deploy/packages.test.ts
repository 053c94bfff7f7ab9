import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';

interface LockedPackage {
  readonly version?: string;
  readonly hasInstallScript?: boolean;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const root = new URL('../../', import.meta.url);
const lockText = readFileSync(new URL('package-lock.json', root), 'utf8');
const { packages } = JSON.parse(lockText) as { packages: Readonly<Record<string, LockedPackage>> };

/** Where Node would find `name` for the package that lies at `path`, or null. */
function found(path: string, name: string): string | null {
  for (let folder = path; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('/node_modules/')))) {
    const place = `${folder === '' ? '' : `${folder}/`}node_modules/${name}`;
    if (place in packages) return place;
    if (folder === '') return null;
  }
}

test('the lock names no registry: it installs from whichever one is in use', () => {
  expect(lockText).not.toContain('"resolved"');
});

test('the lock holds the binaries of every platform, or `npm ci` fails where they are looked up', () => {
  const missing = Object.entries(packages).flatMap(([path, { optionalDependencies }]) =>
    Object.keys(optionalDependencies ?? {}).filter((name) => found(path, name) === null),
  );
  expect(missing).toEqual([]);
});

test('every install script is allowed or denied by name', () => {
  const { allowScripts } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8')) as {
    allowScripts: Readonly<Record<string, boolean>>;
  };
  const names = Object.entries(packages)
    .filter(([, { hasInstallScript }]) => hasInstallScript)
    .map(([path]) => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length));
  expect(names.length).toBeGreaterThan(0);
  expect(names.filter((name) => !(name in allowScripts))).toEqual([]);
});
