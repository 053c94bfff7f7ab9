import type { Finding } from '../findings.ts';
import { bare, type ReadContract } from './folder.ts';
import type { InputPort, Product, ProductFile, SchemaObject } from './model.ts';
import { folded } from './names.ts';
import { columnsSeen, originOf } from './renaming.ts';
import { reporter, type Reporter } from './report.ts';

/** Which SQL makes which object: `transform.sql` of the only one, `<object>.transform.sql` of each of several. */
export function readTransforms(
  files: readonly ProductFile[],
  objects: readonly SchemaObject[],
  kind: Product['kind'],
  findings: Finding[],
): Product['transforms'] {
  const entries: [string, string][] = [];
  for (const { path, text } of files.filter((file) => /(^|\.)transform\.sql$/.test(file.path))) {
    const report = reporter(findings, path, null);
    const name = path === 'transform.sql' ? null : path.slice(0, -'.transform.sql'.length);
    const object =
      name === null
        ? objects.length === 1
          ? objects[0]
          : undefined
        : objects.find((one) => folded(one.name) === folded(name));
    if (kind !== 'managed')
      report.warning('TRANSFORM_UNUSED', null, `${path} is not used: a ${kind} product has its own data.`);
    else if (object !== undefined && entries.some(([known]) => known === object.name))
      report.error('TRANSFORM_TWICE', null, `${path} is a second transformation of ${object.name}.`);
    else if (object !== undefined) entries.push([object.name, text]);
    else if (name === null && objects.length > 1)
      report.error(
        'TRANSFORM_AMBIGUOUS',
        null,
        `The product has ${objects.length} objects: name the file <object>.transform.sql.`,
      );
    else if (objects.length > 0)
      report.error(
        'TRANSFORM_UNKNOWN',
        null,
        `${path} belongs to no object; there are ${objects.map((one) => one.name).join(', ')}.`,
      );
  }
  return bare(entries);
}

/** Objects without SQL are a renaming of the only input object: each property must come from somewhere. */
export function checkRenamings(
  objects: readonly SchemaObject[],
  transforms: Product['transforms'],
  inputs: readonly InputPort[],
  outputs: readonly ReadContract[],
  report: Reporter,
): void {
  for (const object of objects.filter(({ name }) => transforms[name] === undefined)) {
    const sources = inputs.flatMap((input) => (input.kind === 'server' ? input.objects : []));
    const file = outputs.find(({ contract }) => contract.id === object.contractId);
    const index = file?.contract.schema?.findIndex(({ name }) => name === object.name) ?? 0;
    const [source] = sources;
    if (inputs.length === 0)
      report.error(
        'INPUT_MISSING',
        ['inputPorts'],
        `${object.name} comes from nowhere: add an input port, or a transform.sql.`,
      );
    else if (sources.length > 1 || inputs.length > 1)
      report.error(
        'TRANSFORM_MISSING',
        ['inputPorts'],
        `${object.name} has several inputs: say in ${objects.length === 1 ? 'transform.sql' : `${object.name}.transform.sql`} how it is made of them.`,
      );
    else if (source !== undefined && source.properties.length > 0) {
      const seen = columnsSeen(source);
      for (const property of object.properties) {
        const origin = originOf(property, { properties: seen });
        if (origin.kind !== 'unknown') continue;
        const at = file?.contract.schema?.[index]?.properties?.findIndex(({ name }) => name === property.name) ?? 0;
        file?.report.error(
          'TRANSFORM_COLUMN',
          ['schema', index, 'properties', at],
          `${property.name} would be the column ${origin.name} of ${source.name}, which has none of that name: set transformLogic to one of ${seen.map(({ column }) => column).join(', ')}.`,
        );
      }
    }
  }
}
