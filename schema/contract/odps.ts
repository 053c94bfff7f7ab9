import { z } from 'zod';
import type { Finding } from '../findings.ts';
import { doubted, judge, strict } from './grammar.ts';
import {
  apiVersion,
  authoritativeDefinitions as links,
  customProperties,
  description,
  moment,
  stableId,
  support as channels,
  team as people,
  text,
  texts,
  uri,
} from './odcs-parts.ts';
import { secretNamed } from './secret-reference.ts';
import { parseDocumentText, type DocumentFile, type ParsedDocument } from './parse.ts';

// ODPS asks for more than ODCS in places: what is less is kept, with a warning.
const isUri = (url: string | undefined): boolean => url === undefined || uri.safeParse(url).success;
const authoritativeDefinitions = doubted(
  links,
  (all) => all === undefined || all.every(({ url }) => isUri(url)),
  'should have a URI with its scheme in each url',
).optional();
const support = doubted(
  channels,
  // The address of a webhook may be a secret.
  (all) => all === undefined || all.every(({ url }) => url !== undefined && (secretNamed(url) !== null || isUri(url))),
  'should have a url with its scheme in each channel',
).optional();
const team = doubted(people, (value) => !Array.isArray(value), 'should be a mapping with members').optional();

const about = { id: stableId.optional(), tags: texts.optional(), customProperties, authoritativeDefinitions };

const inputPort = strict({ ...about, name: text.min(1), version: text, contractId: text.min(1) });
const outputPort = strict({
  ...about,
  name: text.min(1),
  version: text,
  description: text.optional(),
  type: text.optional(),
  contractId: text.min(1).optional(),
  sbom: z.array(strict({ type: text.optional(), url: uri })).optional(),
  inputContracts: z.array(strict({ id: text, version: text })).optional(),
});
const managementPort = strict({
  ...about,
  name: text,
  content: text,
  type: text.optional(),
  url: uri.optional(),
  channel: text.optional(),
  description: text.optional(),
});

/** The Open Data Product Standard, 0.9 and 1.x. */
export const productGrammar = strict({
  apiVersion: apiVersion('ODPS', [0, 1], [1, 0]),
  kind: z.literal('DataProduct'),
  id: text.min(1),
  name: text.optional(),
  version: text.optional(),
  status: text,
  domain: text.optional(),
  tenant: text.optional(),
  authoritativeDefinitions,
  description,
  customProperties,
  tags: texts.optional(),
  inputPorts: z.array(inputPort).optional(),
  outputPorts: z.array(outputPort).optional(),
  managementPorts: z.array(managementPort).optional(),
  support,
  team,
  productCreatedTs: moment.optional(),
});
export type OdpsProduct = z.infer<typeof productGrammar>;

/** Reads one product file; `product` is the document as written, null where a finding is an error. */
export function parseProduct(file: DocumentFile): {
  product: OdpsProduct | null;
  findings: readonly Finding[];
  document: ParsedDocument;
} {
  const document = parseDocumentText(file.text, file.path);
  if (document.findings.some(({ severity }) => severity === 'error'))
    return { product: null, findings: document.findings, document };
  const { value, findings } = judge<OdpsProduct>(productGrammar, document, file.path);
  return { product: value, findings: [...document.findings, ...findings], document };
}
