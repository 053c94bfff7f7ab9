import { ENGINES, type Engine } from './engines.ts';
import type { ReadContract } from './folder.ts';
import type { Product } from './model.ts';
import type { OdpsProduct } from './odps.ts';
import { custom, type Reporter } from './report.ts';

/** Where a product's SQL runs: the custom property `engine` of its document, or of the contracts of its output ports. */
export function readEngine(
  { odps, report }: { odps: OdpsProduct; report: Reporter },
  outputs: readonly ReadContract[],
  { kind, transforms }: Pick<Product, 'kind' | 'transforms'>,
): Engine {
  const said = [
    { value: custom(odps, 'engine'), report },
    ...outputs.map(({ contract, report: at }) => ({ value: custom(contract, 'engine'), report: at })),
  ].filter(({ value }) => value !== undefined);
  const [first, ...others] = said;
  if (first === undefined) return 'postgres';
  const engine = ENGINES.find((one) => one === first.value);
  const another = others.find(({ value }) => value !== first.value);
  const fault = (at: Reporter, severity: 'error' | 'warning', code: string, message: string): Engine => {
    at[severity](code, ['customProperties'], message);
    return 'postgres';
  };
  if (engine === undefined)
    return fault(
      first.report,
      'error',
      'ENGINE_UNKNOWN',
      `engine must be one of ${ENGINES.join(', ')}; found ${shown(first.value)}.`,
    );
  if (another !== undefined)
    return fault(
      another.report,
      'error',
      'ENGINE_TWICE',
      `A product's SQL runs in one engine: ${first.report.file} says ${engine}, and this ${shown(another.value)}.`,
    );
  if (engine === 'postgres' || (kind === 'managed' && Object.keys(transforms).length > 0)) return engine;
  const because = kind === 'managed' ? 'there is no transform.sql' : `a ${kind} product has its own data`;
  return fault(first.report, 'warning', 'ENGINE_UNUSED', `engine ${engine} means nothing here: ${because}.`);
}

function shown(value: unknown): string {
  return JSON.stringify(value).slice(0, 60);
}
