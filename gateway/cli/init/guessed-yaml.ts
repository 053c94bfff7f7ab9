import { Document, isScalar, Pair, Scalar, YAMLMap, YAMLSeq } from 'yaml';

/** A value of a document with a remark, which stands as a comment beside it. */
class Remarked {
  readonly value: unknown;
  readonly remark: string;

  constructor(value: unknown, remark: string) {
    this.value = value;
    this.remark = remark;
  }
}

/** Remarks longer than this are cut: a line is read, not studied. */
const REMARK_LIMIT = 240;

/** A value that was guessed, with the evidence: `# guess: 12,003 of 12,003 distinct`. A person confirms it. */
export function guess(value: unknown, evidence: string): unknown {
  return new Remarked(value, `guess: ${evidence}`);
}

/** A value with a remark that is no guess: what was seen, what to do. */
export function noted(value: unknown, remark: string): unknown {
  return new Remarked(value, remark);
}

/** What is guessed or remarked on, without the remark. */
export function plain(value: unknown): unknown {
  return value instanceof Remarked ? value.value : value;
}

/**
 * YAML of plain values with their remarks; keys without value are left out. `foot` ends the document, as comments. `brief`: guesses
 * are marked without their evidence.
 */
export function guessedYaml(
  value: unknown,
  { head, foot = [], brief = false }: { head: readonly string[]; foot?: readonly string[]; brief?: boolean },
): string {
  const document = new Document(undefined, { version: '1.2', schema: 'core', aliasDuplicateObjects: false });
  document.contents = nodeOf(value, brief);
  if (head.length > 0) document.commentBefore = head.map(comment).join('\n');
  if (foot.length > 0) document.comment = foot.map((line) => ` ${line}`).join('\n');
  return document.toString({ lineWidth: 0 });
}

/** How many guesses a text of `guessedYaml` has. */
export function guessesIn(text: string): number {
  return text.match(/# guess\b/g)?.length ?? 0;
}

function nodeOf(value: unknown, brief: boolean): Scalar | YAMLMap | YAMLSeq {
  if (value instanceof Remarked) {
    const node = nodeOf(value.value, brief);
    const remark = comment(brief ? value.remark.replace(/^guess: .*$/su, 'guess') : value.remark);
    if (isScalar(node)) node.comment = remark;
    else node.commentBefore = remark;
    return node;
  }
  if (Array.isArray(value)) {
    const list = new YAMLSeq();
    list.items = value.map((entry) => nodeOf(entry, brief));
    return list;
  }
  if (typeof value === 'object' && value !== null) {
    const map = new YAMLMap();
    for (const [key, entry] of Object.entries(value))
      if (entry !== undefined) map.items.push(pairOf(key, entry, brief));
    return map;
  }
  return new Scalar(value);
}

/** The remark on a collection stands above its key: within, it would read as one on its first entry. */
function pairOf(key: string, entry: unknown, brief: boolean): Pair {
  const name = new Scalar(key);
  const node = nodeOf(entry, brief);
  if (!isScalar(node) && node.commentBefore != null) {
    name.commentBefore = node.commentBefore;
    node.commentBefore = null;
  }
  return new Pair(name, node);
}

/** One line, whatever letters the evidence has. */
function comment(text: string): string {
  const line = text.replace(/[\p{Cc}\u2028\u2029]+/gu, ' ');
  return ` ${line.length > REMARK_LIMIT ? `${line.slice(0, REMARK_LIMIT - 1)}…` : line}`;
}
