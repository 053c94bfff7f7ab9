import { z } from 'zod';
import type { Finding } from '../findings.ts';
import { judge, strict } from './grammar.ts';
import {
  apiVersion,
  authoritativeDefinitions,
  customProperties,
  description,
  moment,
  stableId,
  support,
  team,
  text,
  texts,
} from './odcs-parts.ts';
import { parseDocumentText, type DocumentFile, type ParsedDocument } from './parse.ts';

const about = { id: stableId.optional(), tags: texts.optional(), customProperties, authoritativeDefinitions };

const inputPort = strict({ ...about, name: text.min(1), version: text, contractId: text.min(1) });
const outputPort = strict({
  ...about,
  name: text.min(1),
  version: text,
  description: text.optional(),
  type: text.optional(),
  contractId: text.min(1).optional(),
  sbom: z.array(strict({ type: text.optional(), url: text })).optional(),
  inputContracts: z.array(strict({ id: text, version: text })).optional(),
});
const managementPort = strict({
  ...about,
  name: text,
  content: text,
  type: text.optional(),
  url: text.optional(),
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
