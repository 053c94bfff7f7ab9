import type { Finding } from '../findings.ts';
import type { Product, ProductInput, SchemaObject, SemanticFault } from './model.ts';
import { isReadInPlace } from './read-in-place.ts';
import { originOf } from './renaming.ts';
import { checkExpression, checkSelect, fillPlaceholders, type SqlCheck } from './sql.ts';

/**
 * Judges all SQL of a managed product: `transform.sql`, `transformLogic` where it is SQL and is used, measures and dimensions, and
 * quality queries. `inputs` are those that the mesh linked; part of every check and publish, since `readProduct` knows no SQL.
 */
export async function checkProductSql(product: Product, inputs: readonly ProductInput[]): Promise<Finding[]> {
  if (product.kind === 'remote') return [];
  const checks: Promise<SqlCheck>[] = [];
  const views = inputRelations(product, inputs);
  const sources = [
    ...product.inputs.flatMap((input) => (input.kind === 'server' ? input.objects : [])),
    ...inputs.flatMap(({ objects }) => objects),
  ];
  for (const object of product.objects) {
    const file = product.files[object.contractId] ?? null;
    const transform = product.transforms[object.name];
    const [source] = sources;
    if (transform !== undefined)
      checks.push(
        checkSelect({
          sql: transform,
          file: transformFile(product, object.name),
          relations: views,
          engine: product.engine,
        }),
      );
    else if (source !== undefined && sources.length === 1)
      for (const property of object.properties) {
        const origin = originOf(property, source);
        const over = 'view' in source ? source.view : source.table;
        if (origin.kind === 'expression')
          checks.push(
            checkExpression({
              sql: origin.sql,
              file,
              path: `${object.name}.${property.name}.transformLogic`,
              relations: [over],
              over,
              engine: product.engine,
            }),
          );
      }
    for (const rule of object.quality) {
      if (rule.type !== 'sql' || rule.query === null) continue;
      const property = object.properties.find(({ name }) => name === rule.property);
      const sql = fillPlaceholders(rule.query, { object: object.table, property: property?.column ?? null });
      checks.push(
        checkSelect({ sql, file, path: `${object.name}: ${rule.id}`, relations: qualityRelations(product, inputs) }),
      );
    }
  }
  const found = (await Promise.all(checks)).flatMap(({ findings }) => findings);
  const semantic = product.objects.flatMap((object) =>
    object.semanticFaults.map((fault) => semanticFinding(product, object, fault)),
  );
  return [...found, ...semantic];
}

/** What `transform.sql` may read: the product's input objects, under their names. */
export function inputRelations(product: Product, inputs: readonly ProductInput[]): string[] {
  const own = product.inputs.flatMap((input) => (input.kind === 'server' ? input.objects.map(({ view }) => view) : []));
  return [...own, ...inputs.flatMap(({ objects }) => objects.map(({ table }) => table))];
}

/** What a quality query may read, in Postgres: the product's own objects first, then inputs whose names these leave free. */
export function qualityRelations(product: Product, inputs: readonly ProductInput[]): string[] {
  const landed = product.inputs.map((input) =>
    input.kind === 'product'
      ? input
      : { ...input, objects: input.objects.filter((object) => !isReadInPlace(product.engine, input, object)) },
  );
  const names = inputRelations({ ...product, inputs: landed }, inputs);
  return [...new Set([...product.objects.map(({ table }) => table), ...names])];
}

/** What is wrong with a measure or dimension, in its place. */
export function semanticFinding(
  product: Product,
  { contractId }: SchemaObject,
  { code, message, path }: SemanticFault,
): Finding {
  const file = product.files[contractId] ?? null;
  const { line, column } = (file === null ? null : product.locate(file, path)) ?? { line: null, column: null };
  return { code, severity: 'error', message, file, line, column, path };
}

function transformFile(product: Product, object: string): string {
  return product.objects.length === 1 ? 'transform.sql' : `${object}.transform.sql`;
}
