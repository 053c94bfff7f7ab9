import { passes, type Finding } from '../findings.ts';
import { domainId, productId, type DomainId, type ProductId } from '../ids.ts';
import { readDestinations } from './destinations.ts';
import { dataDigest } from './digest.ts';
import { bare, readContracts, readDocument, type ReadContract } from './folder.ts';
import { readEngine } from './read-engine.ts';
import { readInputs } from './inputs.ts';
import type { Product, ProductFile, SchemaObject } from './model.ts';
import { title } from './names.ts';
import { readObject } from './object.ts';
import type { OdpsProduct } from './odps.ts';
import { locator } from './place.ts';
import { matchSdl, readSdl } from './remote.ts';
import { isRegistered, readServers } from './registered.ts';
import { custom, type Reporter } from './report.ts';
import { secretNamed } from './secret-reference.ts';
import { readSla } from './sla.ts';
import { elementDoubts, promisesOf } from './sla-element.ts';
import { objectivesOf } from './objectives.ts';
import { checkRenamings, readTransforms } from './transforms.ts';

/**
 * One product from the files of its folder, with everything that can be said of it alone: nothing is thrown, and all faults are
 * found at once. `product` is null where one of them is an error. `hint.folder` names the product where its document does not.
 */
export function readProduct(
  files: readonly ProductFile[],
  hint: { readonly folder: string },
): { product: Product | null; findings: Finding[] } {
  const findings: Finding[] = [];
  const { contracts, complete } = readContracts(files, findings);
  const found = readDocument(files, findings);
  if (found === null) return { product: null, findings };
  const { document: odps, report } = found;
  const id = identify(odps, hint, report);

  const outputs = outputContracts(odps, contracts, { report, complete });
  const kind = kindOf(odps, outputs);
  const servers = kind === 'registered' ? readServers(outputs) : null;
  const ruleIds = new Set<string>();
  let objects: readonly SchemaObject[] = outputs.flatMap(({ contract, report: at }) =>
    (contract.schema ?? []).map((object, index) =>
      readObject(object, {
        contractId: contract.id,
        path: ['schema', index],
        report: at,
        kind,
        schema: servers?.get(contract.id)?.schema ?? null,
        ruleIds,
      }),
    ),
  );
  const inputs = readInputs(odps, contracts, outputs, report);
  unused(odps, contracts);

  let remote: Product['remote'] = null;
  if (kind === 'remote') {
    const sdl = files.find(({ path }) => path === 'schema.graphql');
    remote = { url: serviceUrl(outputs, report), sdl: sdl?.text ?? '' };
    if (sdl === undefined)
      report.error('SDL_MISSING', null, 'A remote product needs schema.graphql: the SDL that its service serves.');
    const types = sdl === undefined ? null : readSdl(sdl.text, sdl.path, findings);
    if (types !== null)
      objects = objects.map((object) =>
        matchSdl(object, types, outputs.find(({ contract }) => contract.id === object.contractId)?.report ?? report),
      );
  } else if (objects.length === 0 && outputs.length > 0)
    report.error(
      'PRODUCT_EMPTY',
      null,
      'No contract of an output port has a schema object, so there is nothing to publish.',
    );
  if (kind === 'registered' && objects.some(({ quality }) => quality.length > 0))
    report.warning(
      'QUALITY_NOT_CHECKED',
      null,
      'The quality rules of a registered product are kept and shown, and nothing checks them: its data is not refreshed by Weft.',
    );
  sameNames(objects, report);

  const transforms = readTransforms(files, objects, kind, findings);
  const engine = readEngine({ odps, report }, outputs, { kind, transforms });
  if (kind === 'managed') checkRenamings(objects, transforms, inputs, outputs, report);
  const sla = slaOf(outputs, { kind, objects });
  const product: Product = {
    id: id?.product ?? ('unknown/unknown' as ProductId),
    domain: id?.domain ?? ('unknown' as DomainId),
    name: titleOf(odps, hint),
    version: odps.version ?? odps.outputPorts?.[0]?.version ?? '0.0.0',
    status: odps.status,
    kind,
    description: {
      purpose: odps.description?.purpose ?? null,
      limitations: odps.description?.limitations ?? null,
      usage: odps.description?.usage ?? null,
    },
    tags: odps.tags ?? [],
    team: teamOf(odps.team ?? outputs.map(({ contract }) => contract.team).find((team) => team !== undefined)),
    support: (odps.support ?? []).map(supportOf),
    inputs,
    outputs: (odps.outputPorts ?? []).map(({ name, version, type, contractId, description }) => ({
      name,
      version,
      type: type ?? null,
      contractId: contractId ?? null,
      description: description ?? null,
    })),
    objects,
    transforms,
    engine,
    sla,
    remote,
    server: servers?.values().next().value ?? null,
    destinations: readDestinations(outputs, kind === 'managed'),
    documents: { product: odps, contracts: contracts.map(({ contract }) => contract) },
    file: report.file,
    files: bare(contracts.map(({ contract, report: at }) => [contract.id, at.file])),
    locate: locator(files),
    dataDigest: dataDigest({ kind, objects, transforms, inputs, engine }),
  };
  return { product: passes(findings) ? product : null, findings };
}

function identify(
  odps: OdpsProduct,
  hint: { folder: string },
  report: Reporter,
): { domain: DomainId; product: ProductId } | null {
  const domain = domainId(odps.domain ?? '');
  if (domain === null) {
    const found = odps.domain === undefined ? 'none' : JSON.stringify(odps.domain.slice(0, 60));
    report.error(
      'PRODUCT_DOMAIN',
      ['domain'],
      `domain must be a name in kebab case of at most 40 letters, and not one of Postgres' own; found ${found}.`,
    );
    return null;
  }
  const named = odps.name === undefined ? null : productId(`${domain}/${odps.name}`);
  const product = named ?? productId(`${domain}/${hint.folder}`);
  if (product === null)
    report.error(
      'PRODUCT_NAME',
      ['name'],
      `Neither name (${String(odps.name).slice(0, 60)}) nor the folder (${hint.folder.slice(0, 60)}) is a name in kebab case of at most 40 letters.`,
    );
  return product === null ? null : { domain, product };
}

function outputContracts(
  odps: OdpsProduct,
  contracts: readonly ReadContract[],
  { report, complete }: { report: Reporter; complete: boolean },
): ReadContract[] {
  const ports = odps.outputPorts ?? [];
  if (ports.length === 0)
    report.error('OUTPUT_MISSING', ['outputPorts'], 'The product has no output port, so nobody can use it.');
  const found = new Set<ReadContract>();
  for (const [index, { name, contractId }] of ports.entries()) {
    const place = ['outputPorts', index];
    const contract = contracts.find((one) => one.contract.id === contractId);
    if (contractId === undefined)
      report.warning(
        'OUTPUT_WITHOUT_CONTRACT',
        place,
        `The output port ${name} names no contractId; it is listed and has no data.`,
      );
    // Where a contract could not be read, it may be this one, and that was said.
    else if (contract === undefined && complete)
      report.error(
        'CONTRACT_MISSING',
        [...place, 'contractId'],
        `The contract ${contractId} of the output port ${name} is in no *.odcs.yaml of this folder.`,
      );
    else if (contract !== undefined) found.add(contract);
  }
  return [...found];
}

function kindOf(odps: OdpsProduct, outputs: readonly ReadContract[]): Product['kind'] {
  const isApi = outputs.some(({ contract }) => contract.servers?.some(({ type }) => type === 'api') === true);
  if (isApi || odps.outputPorts?.some(({ type }) => type?.toLowerCase() === 'graphql') === true) return 'remote';
  return isRegistered(odps, outputs) ? 'registered' : 'managed';
}

function serviceUrl(outputs: readonly ReadContract[], report: Reporter): string {
  const urls = outputs
    .flatMap(({ contract }) => contract.servers ?? [])
    .filter(({ type }) => type === 'api')
    .map(({ location }) => location);
  const url = urls.find(
    (location) => location !== undefined && /^https?:\/\//.test(location) && URL.canParse(location),
  );
  if (url === undefined)
    report.error(
      'REMOTE_URL',
      null,
      "A remote product's output contract needs a server of type api whose location is the service's http(s) address.",
    );
  return url ?? '';
}

function unused(odps: OdpsProduct, contracts: readonly ReadContract[]): void {
  const ids = new Set([...(odps.inputPorts ?? []), ...(odps.outputPorts ?? [])].map(({ contractId }) => contractId));
  for (const { contract, report } of contracts)
    if (!ids.has(contract.id))
      report.warning('CONTRACT_UNUSED', ['id'], `No port of the product names the contract ${contract.id}.`);
}

function sameNames(objects: readonly SchemaObject[], report: Reporter): void {
  for (const [index, object] of objects.entries())
    for (const other of objects.slice(0, index))
      if (other.type === object.type || other.table === object.table)
        report.error(
          'NAME_TAKEN',
          null,
          `${other.name} and ${object.name} would both be the type ${object.type} (table ${object.table}): rename one, or give it graphqlName.`,
        );
}

function slaOf(outputs: readonly ReadContract[], product: Pick<Product, 'kind' | 'objects'>): Product['sla'] {
  const read = outputs.map(({ contract, report }) => {
    const { sla, faults } = readSla(contract.slaProperties ?? []);
    for (const { index, code, message, severity } of faults) report[severity](code, ['slaProperties', index], message);
    for (const { index, message } of elementDoubts(contract, product))
      report.warning('SLA_ELEMENT', ['slaProperties', index], message);
    return sla;
  });
  const promises = outputs.flatMap(({ contract }) => promisesOf(contract));
  const objectives = objectivesOf(promises, product);
  return {
    refresh: read.map(({ refresh }) => refresh).find((refresh) => refresh !== null) ?? null,
    freshnessSeconds: read.map(({ freshnessSeconds }) => freshnessSeconds).find((seconds) => seconds !== null) ?? null,
    // What one contract keeps is kept with all of its product.
    retentionSeconds: read.reduce<number | null>(
      (longest, { retentionSeconds: one }) => (one === null ? longest : Math.max(longest ?? 0, one)),
      null,
    ),
    latencyMs:
      objectives.flatMap((objective) => (objective.measure === 'latency' ? objective.withinMs : []))[0] ?? null,
    objectives,
    promises: read.flatMap(({ promises }) => promises),
  };
}

function supportOf(support: NonNullable<OdpsProduct['support']>[number]): Product['support'][number] {
  const { channel, url, tool, scope } = support;
  const secret = custom(support, 'secret');
  // A secret that stands there in clear is none, and is not used as if it were.
  const isReference = typeof secret === 'string' && secretNamed(secret) !== null;
  return { channel, url: url ?? null, tool: tool ?? null, scope: scope ?? null, secret: isReference ? secret : null };
}

function titleOf(odps: OdpsProduct, hint: { folder: string }): string {
  const given = custom(odps, 'title');
  if (typeof given === 'string') return given;
  const name = odps.name ?? hint.folder;
  return /\s/.test(name.trim()) ? name.trim() : title(name);
}

function teamOf(team: OdpsProduct['team']): Product['team'] {
  const members = (Array.isArray(team) ? team : team?.members) ?? [];
  return {
    name: (Array.isArray(team) ? null : team?.name) ?? null,
    members: members.map(({ username, name, role }) => ({ username, name: name ?? null, role: role ?? null })),
  };
}
