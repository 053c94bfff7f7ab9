import type { Path } from './parse.ts';
import type { Reporter } from './report.ts';

/** Composition takes any text; what filters by tags (GraphOS's contracts, for one) takes these letters. */
const TAG = /^[A-Za-z0-9_/-]{1,128}$/;

/** The tags of an element of a contract that the graph can have as `@tag`, each once; of the others a warning says why. */
export function readTags(
  { name, tags = [] }: { readonly name: string; readonly tags?: readonly string[] | undefined },
  path: Path,
  report: Reporter,
): string[] {
  for (const [index, tag] of tags.entries())
    if (!TAG.test(tag))
      report.warning(
        'TAG_NAME',
        [...path, 'tags', index],
        `The tag ${JSON.stringify(tag.slice(0, 200))} of ${name} stays out of the graph: one there is of letters, digits, _, - and / only, 128 at most.`,
      );
  return [...new Set(tags.filter((tag) => TAG.test(tag)))].sort();
}

/** The directives of what stands for these elements: ` @tag(name: "pii")`; nothing where they have no tags. */
export function tagged(...elements: readonly { readonly tags: readonly string[] }[]): string {
  return [...new Set(elements.flatMap(({ tags }) => tags))].map((tag) => ` @tag(name: "${tag}")`).join('');
}
