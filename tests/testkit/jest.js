/** `npm test [-- path …]`: runs Jest on ES modules and ends with one line of its counts. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';

const folder = mkdtempSync(join(tmpdir(), 'weft-jest-'));
const jest = createRequire(import.meta.url).resolve('jest/bin/jest');
let child = null;
// Ctrl-C reaches the whole group: Jest stops its servers, and this process waits for it.
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child?.kill(signal));

const first = await run(process.argv.slice(2), join(folder, 'result.json'));
const last = await confirmed(first);
rmSync(folder, { recursive: true, force: true });
if (last.counts === null) {
  console.log(`Jest gave no result (${last.signal ?? `exit code ${last.code}`})`);
  process.exitCode = last.code || 1;
} else {
  const { passed, failed, skipped } = last.counts;
  console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
  process.exitCode = last.code ?? 1;
}

/**
 * Where a few files failed in a CI run, what they say when they run by themselves: on two busy cores, among real servers, a limit
 * of time is sometimes reached by what is in order. What fails twice has failed; what does not is named, to be looked into.
 */
async function confirmed(seen) {
  const files = seen.failedFiles ?? [];
  if (process.env.CI !== 'true' || seen.signal !== null || files.length === 0 || files.length > 3) return seen;
  const again = await run(['--runTestsByPath', ...files], join(folder, 'again.json'));
  if (again.counts === null) return seen;
  console.log(`Failed beside others, and run again by themselves (${again.counts.failed} failed again):`);
  for (const file of files) console.log(`  ${relative(process.cwd(), file)}`);
  const passedNow = seen.counts.failed - again.counts.failed;
  const { passed, skipped } = seen.counts;
  return { ...again, counts: { passed: passed + Math.max(0, passedNow), failed: again.counts.failed, skipped } };
}

function run(args, result) {
  child = spawn(
    process.execPath,
    [
      '--experimental-vm-modules',
      '--disable-warning=ExperimentalWarning',
      jest,
      '--json',
      `--outputFile=${result}`,
      ...args,
    ],
    // Jest's JSON goes to the file; what is for people is on stderr.
    { stdio: ['inherit', 'ignore', 'inherit'] },
  );
  return new Promise((resolve) => {
    child.on('exit', (code, signal) => resolve({ code, signal, ...outcomeOf(result) }));
  });
}

/** A file that could not run at all has no tests to count, and counts as one that failed. */
function outcomeOf(file) {
  let json;
  try {
    json = JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return { counts: null };
  }
  return {
    counts: {
      passed: json.numPassedTests,
      failed: json.numFailedTests + json.numRuntimeErrorTestSuites,
      skipped: json.numPendingTests + json.numTodoTests,
    },
    failedFiles: json.testResults.filter(({ status }) => status === 'failed').map(({ name }) => name),
  };
}
