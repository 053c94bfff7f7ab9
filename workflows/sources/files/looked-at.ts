import type { FoundFile } from './found-files.ts';

/** Files that are looked at at once: more hardly go faster, and each is a connection where they are elsewhere. */
const AT_ONCE = 4;

/** Looks at each file, a few at once; the answers are in the files' order. The first fault ends it, once what is under way is over. */
export async function lookedAt<Seen>(
  files: readonly FoundFile[],
  look: (file: FoundFile) => Promise<Seen>,
): Promise<Seen[]> {
  const seen: Seen[] = [];
  const faults: unknown[] = [];
  // One iterator, of which each walk takes the next.
  const left = files.entries();
  const walk = async (): Promise<void> => {
    for (const [index, file] of left) {
      if (faults.length > 0) return;
      await look(file).then(
        (found) => void (seen[index] = found),
        (error: unknown) => void faults.push(error),
      );
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, walk));
  if (faults.length > 0) throw faults[0];
  return seen;
}
