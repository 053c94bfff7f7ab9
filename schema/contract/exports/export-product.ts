import type { ProductFile } from '../model.ts';
import { type Exported, openLineage } from './open-lineage.ts';
import { productSdl } from './product-sdl.ts';

/** What a product can be exported as, by the words of the command line. */
export type ExportFormat = 'odcs' | 'odps' | 'openlineage' | 'sdl';

/** Whether a format is the documents as they were published: then nothing has to be understood of them. */
export function isPublishedText(format: ExportFormat): format is 'odcs' | 'odps' {
  return format === 'odcs' || format === 'odps';
}

/** The contracts, or the product document, letter by letter as they were published: whatever Weft makes of them, nothing is lost. */
export function publishedText(files: readonly ProductFile[], format: 'odcs' | 'odps'): ProductFile[] {
  const wanted = format === 'odcs' ? /\.odcs\.ya?ml$/ : /(^|[./])odps\.ya?ml$/;
  return files.filter(({ path }) => wanted.test(path));
}

/** What Weft says of a product in words of another standard: OpenLineage events, or its part of the graph. */
export async function derivedText(exported: Exported, format: 'openlineage' | 'sdl'): Promise<ProductFile[]> {
  if (format === 'sdl') return [{ path: 'schema.graphql', text: productSdl(exported.product, exported.mesh) }];
  const events = await openLineage(exported);
  return events.map(({ name, event }) => ({
    path: `${name}.openlineage.json`,
    text: `${JSON.stringify(event, null, 2)}\n`,
  }));
}
