/** `npm test [-- path …]`: runs Jest on ES modules and ends with one line of its counts. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const folder = mkdtempSync(join(tmpdir(), 'weft-jest-'));
const result = join(folder, 'result.json');
const jest = createRequire(import.meta.url).resolve('jest/bin/jest');
const child = spawn(
  process.execPath,
  [
    '--experimental-vm-modules',
    '--disable-warning=ExperimentalWarning',
    jest,
    '--json',
    `--outputFile=${result}`,
    ...process.argv.slice(2),
  ],
  // Jest's JSON goes to the file; what is for people is on stderr.
  { stdio: ['inherit', 'ignore', 'inherit'] },
);
// Ctrl-C reaches the whole group: Jest stops its servers, and this process waits for it.
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
child.on('exit', (code, signal) => {
  const counts = countsOf(result);
  rmSync(folder, { recursive: true, force: true });
  if (counts === null) {
    console.log(`Jest gave no result (${signal ?? `exit code ${code}`})`);
    process.exitCode = code || 1;
    return;
  }
  const skipped = counts.skipped > 0 ? `, ${counts.skipped} skipped` : '';
  console.log(`${counts.passed} passed, ${counts.failed} failed${skipped}`);
  process.exitCode = code ?? 1;
});

/** A file that could not run at all has no tests to count, and counts as one that failed. */
function countsOf(file) {
  let json;
  try {
    json = JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return null;
  }
  return {
    passed: json.numPassedTests,
    failed: json.numFailedTests + json.numRuntimeErrorTestSuites,
    skipped: json.numPendingTests + json.numTodoTests,
  };
}
