import { isAbsolute } from 'node:path';
import { documentsDigest } from '../../schema/contract/digest.ts';
import type { InputPort, Product, ProductFile } from '../../schema/contract/model.ts';
import { readProduct } from '../../schema/contract/read.ts';
import { errorFinding, type Finding } from '../../schema/findings.ts';
import type { Actor } from '../actor.ts';
import { believedFolder, type FolderRules } from './believed-folder.ts';
import type { HostRules } from '../../schema/allowed-hosts.ts';
import { serverHostFindings } from './server-hosts.ts';

/** One product's folder as it was sent. */
export interface ProductFolder {
  readonly name: string;
  readonly path?: string | null;
  /** The revision that it was made from, 0 for none: published only as long as no newer one is there. */
  readonly ifRevision?: number | null;
  readonly files: readonly ProductFile[];
}

/** A product that a publish proposes. */
export interface Candidate {
  readonly product: Product;
  readonly files: readonly ProductFile[];
  /** Where it lies on this machine, for file sources beside it. */
  readonly folder: string | null;
  /** Of its product, where the client names one; else null. */
  readonly ifRevision: number | null;
  /** SHA-256 over its documents: the same digest is the same revision. */
  readonly digest: string;
  /** What tells its files apart from those of the other folders: `airports/`, or nothing where it came alone. */
  readonly filePrefix: string;
}

// A product is a handful of documents; more is a wrong folder.
const FILES_MAX = 100;

/** Reads every folder, with all faults of all of them; a finding's file is told apart by its folder's name. */
export function readFolders(
  folders: readonly ProductFolder[],
  rules: HostRules & FolderRules,
  actor: Actor,
): { candidates: Candidate[]; findings: Finding[] } {
  const candidates: Candidate[] = [];
  const findings: Finding[] = [];
  if (folders.length === 0) findings.push(errorFinding('FOLDER_NONE', 'There is no product in what was sent.'));
  for (const folder of folders) {
    const filePrefix = folders.length === 1 ? '' : `${folder.name}/`;
    const read = readFolder(folder, rules, actor);
    if (read.candidate !== null) candidates.push({ ...read.candidate, filePrefix });
    findings.push(...read.findings.map((finding) => prefixed(finding, filePrefix)));
  }
  const ids = candidates.map(({ product }) => product.id);
  for (const id of new Set(ids.filter((id, index) => ids.indexOf(id) !== index)))
    findings.push(
      errorFinding('PRODUCT_TWICE', `Two of the folders are the product ${id}: rename one, or publish one alone.`),
    );
  return { candidates, findings };
}

function readFolder(
  { name, path, files, ifRevision = null }: ProductFolder,
  rules: HostRules & FolderRules,
  actor: Actor,
): { candidate: Omit<Candidate, 'filePrefix'> | null; findings: Finding[] } {
  if (files.length > FILES_MAX)
    return {
      candidate: null,
      findings: [errorFinding('FOLDER_SIZE', `${name} has ${files.length} documents; ${FILES_MAX} are taken.`)],
    };
  if (path != null && !isAbsolute(path))
    return {
      candidate: null,
      findings: [errorFinding('FOLDER_PATH', `The path of ${name} must be absolute; found ${path}.`)],
    };
  const notText = files.find((file) => !isText(file.path + file.text));
  if (notText !== undefined || !isText(name + (path ?? '')))
    return {
      candidate: null,
      findings: [
        errorFinding('FILE_TEXT', `${notText?.path ?? name} is not text: it has NUL, or half of a surrogate pair.`),
      ],
    };
  const { product, findings } = readProduct(files, { folder: name });
  if (product !== null) findings.push(...serverHostFindings(product, rules));
  const folder = path == null ? null : believedFolder(path, rules, actor);
  if (path != null && folder === null && product?.inputs.some(isBeside)) findings.push(pathWarning(name, path));
  const sorted = [...files].sort((a, b) => (a.path < b.path ? -1 : 1));
  const digest = documentsDigest(files);
  return { candidate: product && { product, files: sorted, folder, ifRevision, digest }, findings };
}

/** A file that is looked for in the product's folder first. */
function isBeside(input: InputPort): boolean {
  return input.kind === 'server' && input.server.type === 'local' && !isAbsolute(input.server.path ?? '');
}

function pathWarning(name: string, path: string): Finding {
  const message = `The folder of ${name}, ${path}, does not lie in WEFT_FILE_ROOTS, and is not read from: its files are looked for in WEFT_FILE_ROOTS and the example data alone.`;
  return { ...errorFinding('FOLDER_PATH', message), severity: 'warning' };
}

/** Whether Postgres can hold it. */
function isText(text: string): boolean {
  return !text.includes('\0') && !/\p{Surrogate}/u.test(text);
}

/** A finding of what was judged together, with its file as that of the folder whose product it is about. */
export function placedInFolder(finding: Finding, candidates: readonly Candidate[]): Finding {
  const candidate = candidates.find(({ product }) => product.id === finding.product);
  return candidate === undefined ? finding : prefixed(finding, candidate.filePrefix);
}

function prefixed(finding: Finding, filePrefix: string): Finding {
  return finding.file === null ? finding : { ...finding, file: `${filePrefix}${finding.file}` };
}
