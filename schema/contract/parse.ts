import {
  isAlias,
  isCollection,
  isMap,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  stringify,
  type Document,
  type Node,
} from 'yaml';
import type { Finding } from '../findings.ts';

/** Bytes of the largest document that is read: the longest real contracts have a tenth of it. */
export const DOCUMENT_LIMIT_BYTES = 256 * 1024;
/** Real contracts nest 12 deep; `yaml` overflows its stack at some 5,000. */
const DEPTH_LIMIT = 64;
/** An alias bomb has a handful of anchors and multiplies them; honest documents use each a few times. */
const ALIAS_LIMIT = 100;

/** A file as text; `path` is for findings. */
export interface DocumentFile {
  readonly path: string;
  readonly text: string;
}

export type Path = readonly PropertyKey[];

/** A place in a file, both from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** A document's text read, with the place of every value of it. `value` is null where a finding is an error. */
export interface ParsedDocument {
  readonly value: unknown;
  readonly findings: readonly Finding[];
  /** Where the value at `path` stands; of a missing one, where its nearest parent does. `key`: the key's place instead. */
  readonly locate: (path: Path, of?: 'value' | 'key') => Position | null;
}

/** Reads one YAML 1.2 document of hostile origin: every fault with its place, none thrown, bounded in size, depth and aliases. */
export function parseDocumentText(text: string, file: string): ParsedDocument {
  const lines = new LineCounter();
  const at = (offset: number): Position => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const findings: Finding[] = [];
  const add = (
    code: string,
    message: string,
    place: Position | null,
    severity: Finding['severity'] = 'error',
  ): void => {
    findings.push({
      code,
      severity,
      message,
      file,
      line: place?.line ?? null,
      column: place?.column ?? null,
      path: null,
    });
  };
  const refused = (): ParsedDocument => ({ value: null, findings, locate: () => null });

  const bytes = Buffer.byteLength(text);
  if (bytes > DOCUMENT_LIMIT_BYTES) {
    add('YAML_TOO_LARGE', `${file} has ${bytes} bytes; a document may have at most ${DOCUMENT_LIMIT_BYTES}.`, null);
    return refused();
  }
  const deep = flowTooDeep(text);
  if (deep !== null) {
    add('YAML_TOO_DEEP', `Values nest more than ${DEPTH_LIMIT} deep.`, deep);
    return refused();
  }
  let document: Document.Parsed;
  try {
    document = parseDocument(text, {
      version: '1.2',
      schema: 'core',
      lineCounter: lines,
      // Its own check compares every key with every other; ours is one pass.
      uniqueKeys: false,
      prettyErrors: false,
      stringKeys: false,
      // Silent, it would not speak of further documents.
      logLevel: 'error',
    });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    add('YAML_TOO_DEEP', `Values nest more than ${DEPTH_LIMIT} deep.`, deepestIndentation(text));
    return refused();
  }
  for (const { code, message, pos } of document.errors) add(syntaxCode(code, message), firstLine(message), at(pos[0]));
  for (const { code, message, pos } of document.warnings)
    // Of tags there is a finding of our own.
    if (code !== 'TAG_RESOLVE_FAILED') add('YAML_DOUBT', firstLine(message), at(pos[0]), 'warning');
  for (const fault of nodeFaults(document)) add(fault.code, fault.message, at(fault.offset), fault.severity);
  if (findings.some(({ severity }) => severity === 'error')) return refused();
  try {
    const value: unknown = document.toJS({ maxAliasCount: ALIAS_LIMIT });
    return { value, findings, locate: (path, of = 'value') => locate(document, path, of, at) };
  } catch (error) {
    add('YAML_ALIASES', `Aliases multiply the document: ${firstLine((error as Error).message)}.`, null);
    return refused();
  }
}

/** A document as YAML again: the same values, in the same order. */
export function printDocument(value: unknown): string {
  return stringify(value, { version: '1.2', schema: 'core', lineWidth: 0, aliasDuplicateObjects: false });
}

interface NodeFault {
  readonly code: string;
  readonly message: string;
  readonly offset: number;
  readonly severity: Finding['severity'];
}

const CORE_TAGS = new Set(
  ['str', 'int', 'float', 'bool', 'null', 'seq', 'map'].map((name) => `tag:yaml.org,2002:${name}`),
);

function* nodeFaults(document: Document.Parsed): Generator<NodeFault> {
  const fault = (
    code: string,
    offset: number,
    message: string,
    severity: NodeFault['severity'] = 'error',
  ): NodeFault => ({
    code,
    message,
    offset,
    severity,
  });
  const todo: { node: unknown; depth: number }[] = [{ node: document.contents, depth: 1 }];
  for (let next = todo.pop(); next !== undefined; next = todo.pop()) {
    const { node, depth } = next;
    if (isPair(node)) {
      todo.push({ node: node.value, depth }, { node: node.key, depth });
      continue;
    }
    if (!isScalar(node) && !isCollection(node)) continue;
    const offset = (node as Node).range?.[0] ?? 0;
    if (depth > DEPTH_LIMIT) {
      yield fault('YAML_TOO_DEEP', offset, `Values nest more than ${DEPTH_LIMIT} deep.`);
      return;
    }
    if (node.tag !== undefined && !CORE_TAGS.has(node.tag))
      yield fault('YAML_TAG', offset, `The tag ${node.tag.slice(0, 60)} means nothing here; leave it out.`);
    if (
      isScalar(node) &&
      typeof node.value === 'number' &&
      Number.isInteger(node.value) &&
      !Number.isSafeInteger(node.value)
    )
      yield fault(
        'YAML_NUMBER',
        offset,
        `${node.source ?? node.value} is not held exactly; write it in quotes.`,
        'warning',
      );
    if (isMap(node)) {
      const seen = new Set<string>();
      for (const { key } of node.items) {
        if (!isScalar(key)) {
          yield fault(
            'YAML_KEY',
            (key as Node | null)?.range?.[0] ?? offset,
            'A key must be a plain word, not a collection.',
          );
          continue;
        }
        const name = String(key.value);
        const place = key.range?.[0] ?? offset;
        if (name === '<<') yield fault('YAML_MERGE', place, 'Merge keys are not YAML 1.2; write the keys out.');
        else if (seen.has(name))
          yield fault('YAML_DUPLICATE_KEY', place, `The key ${name.slice(0, 60)} stands twice here; keep one.`);
        seen.add(name);
      }
    }
    if (isCollection(node)) for (const item of node.items.toReversed()) todo.push({ node: item, depth: depth + 1 });
  }
}

function locate(
  document: Document.Parsed,
  path: Path,
  of: 'value' | 'key',
  at: (offset: number) => Position,
): Position | null {
  let node: unknown = document.contents;
  let offset = (node as Node | null)?.range?.[0] ?? 0;
  for (const [index, step] of path.entries()) {
    const collection: unknown = isAlias(node) ? node.resolve(document) : node;
    if (isSeq(collection) && typeof step === 'number') node = collection.items[step];
    else if (isMap(collection)) {
      const pair = collection.items.find(({ key }) => isScalar(key) && String(key.value) === String(step));
      if (pair === undefined) break;
      const key = (pair.key as Node | null)?.range?.[0];
      if (of === 'key' && index === path.length - 1) return at(key ?? offset);
      node = pair.value;
      // An empty value (`name:`) has no place of its own that one would look at.
      if (isScalar(node) && node.value === null && key !== undefined) {
        offset = key;
        continue;
      }
    } else break;
    offset = (node as Node | null | undefined)?.range?.[0] ?? offset;
  }
  return at(offset);
}

/** The first bracket that opens too deep; brackets in scalars count too, and no honest text has 64 of them open. */
function flowTooDeep(text: string): Position | null {
  let depth = 0;
  let line = 1;
  let lineStart = 0;
  for (let offset = 0; offset < text.length; offset++) {
    const letter = text[offset];
    if (letter === '\n') {
      line += 1;
      lineStart = offset + 1;
    } else if (letter === '[' || letter === '{') {
      depth += 1;
      if (depth > DEPTH_LIMIT * 4) return { line, column: offset - lineStart + 1 };
    } else if ((letter === ']' || letter === '}') && depth > 0) depth -= 1;
  }
  return null;
}

function deepestIndentation(text: string): Position {
  let deepest = { line: 1, column: 1 };
  for (const [index, line] of text.split('\n').entries()) {
    const column = line.search(/[^\s-]/) + 1;
    if (column > deepest.column) deepest = { line: index + 1, column };
  }
  return deepest;
}

/** `yaml` reports an overflow of its stack as a syntax error. */
function syntaxCode(code: string, message: string): string {
  if (code === 'MULTIPLE_DOCS') return 'YAML_MULTIPLE_DOCUMENTS';
  return message.includes('call stack') ? 'YAML_TOO_DEEP' : 'YAML_SYNTAX';
}

function firstLine(message: string): string {
  return (message.split('\n')[0] ?? message).replace(/[:.]+$/, '').slice(0, 300);
}
