import { isDeepStrictEqual } from 'node:util';
import type { Product } from '../model.ts';
import type { OdcsContract } from '../odcs.ts';
import type { OdpsProduct } from '../odps.ts';
import { priceChanges, roleChanges } from './access-changes.ts';
import { fileOf } from './contract-parts.ts';
import { differs, type Draft, restOf } from './draft.ts';
import { slaChanges } from './sla-changes.ts';

/** Every difference beside the schema: the product's own document, what its contracts promise, where its data comes from. */
export function productChanges(was: Product, is: Product): Draft[] {
  const contracts = pairedContracts(was, is);
  return [
    ...documentChanges(was, is),
    ...contracts.outputs.flatMap(([old, now]) => contractChanges(old, now, fileOf(is, now))),
    ...contracts.others.flatMap(([old, now]) => otherContract(old, now, now === undefined ? null : fileOf(is, now))),
    ...serviceChange(was, is),
    ...serverChange(was, is),
  ];
}

function documentChanges(was: Product, is: Product): Draft[] {
  const [old, now] = [was.documents.product, is.documents.product];
  const file = 'product.odps.yaml';
  const drafts: Draft[] = [...statusChange(old.status, now.status, { subject: 'status', file, path: 'status' })];
  const say = (code: Draft['code'], message: string, subject: string): void => {
    drafts.push({ code, message, subject, file, path: subject });
  };
  if (was.version !== is.version)
    say('VERSION_CHANGED', `The version was ${was.version} and is ${is.version}.`, 'version');
  const about: readonly (readonly [keyof OdpsProduct, Draft['code'], string])[] = [
    ['description', 'DESCRIPTION_CHANGED', 'The product is described otherwise.'],
    ['tags', 'PRODUCT_TAGS_CHANGED', 'The product has other tags.'],
    ['team', 'TEAM_CHANGED', teamMessage(was, is)],
    ['support', 'SUPPORT_CHANGED', 'Help is given elsewhere.'],
  ];
  for (const [key, code, message] of about) if (differs(old, now, key)) say(code, message, key);
  // A version that is left out stands for one that may be what was written before.
  const version = was.version === is.version ? [] : ['version'];
  const explained = [...version, 'status', 'inputPorts', 'outputPorts', ...about.map(([key]) => key)];
  return [
    ...drafts,
    ...portChanges('INPUT', old.inputPorts, now.inputPorts, file),
    ...portChanges('OUTPUT', old.outputPorts, now.outputPorts, file),
    ...restOf(old, now, explained, { subject: 'product', file, path: null }),
  ];
}

function teamMessage(was: Product, is: Product): string {
  const names = ({ team }: Product): string[] => team.members.map(({ username }) => username);
  const left = names(was).filter((name) => !names(is).includes(name));
  const joined = names(is).filter((name) => !names(was).includes(name));
  const parts = [left.length > 0 && `${left.join(', ')} left`, joined.length > 0 && `${joined.join(', ')} joined`];
  return `${parts.filter(Boolean).join('; ') || 'The team is described otherwise'}.`;
}

interface Port {
  readonly name: string;
  readonly version: string;
}

function portChanges(
  kind: 'INPUT' | 'OUTPUT',
  was: readonly Port[] = [],
  is: readonly Port[] = [],
  file: string,
): Draft[] {
  const word = kind === 'INPUT' ? 'inputPorts' : 'outputPorts';
  const subject = (name: string): string => `${word}.${name}`;
  const before = new Map(was.map((port) => [port.name, port]));
  const after = new Set(is.map(({ name }) => name));
  const gone = was
    .filter(({ name }) => !after.has(name))
    .map(({ name }): Draft => ({
      code: `${kind}_PORT_REMOVED`,
      message: `The port ${name} is gone.`,
      subject: subject(name),
      file,
      path: null,
    }));
  const others = is.flatMap((port, index): Draft[] => {
    const { name } = port;
    const at = { subject: subject(name), file, path: `${word}[${index}]` };
    const old = before.get(name);
    if (old === undefined) return [{ code: `${kind}_PORT_ADDED`, message: `The port ${name} is new.`, ...at }];
    if (isDeepStrictEqual(old, port)) return [];
    const message =
      old.version === port.version
        ? `The port ${name} is another.`
        : `The port ${name} was ${old.version} and is ${port.version}.`;
    return [{ code: `${kind}_PORT_CHANGED`, message, ...at }];
  });
  return [...gone, ...others];
}

function statusChange(
  was: string | undefined,
  is: string | undefined,
  at: Pick<Draft, 'subject' | 'file' | 'path'>,
): Draft[] {
  if (was === is) return [];
  const message = `The status was ${was ?? 'none'} and is ${is ?? 'none'}.`;
  const ends = /^(deprecated|retired)$/i.test(is ?? '');
  return [{ code: ends ? 'PRODUCT_DEPRECATED' : 'STATUS_CHANGED', message, ...at }];
}

/** What an output contract says beside its schema. */
function contractChanges(was: OdcsContract, is: OdcsContract, file: string | null): Draft[] {
  const { id } = is;
  const drafts: Draft[] = [
    ...statusChange(was.status, is.status, { subject: `${id} status`, file, path: 'status' }),
    ...roleChanges(was.roles, is.roles, file),
    ...priceChanges(was.price, is.price, { file, path: is.price === undefined ? null : 'price' }),
    ...slaChanges(was.slaProperties, is.slaProperties, file),
  ];
  const say = (key: keyof OdcsContract, code: Draft['code'], message: string): void => {
    if (differs(was, is, key)) drafts.push({ code, message, subject: `${id} ${key}`, file, path: key });
  };
  say('version', 'VERSION_CHANGED', `The contract's version was ${was.version} and is ${is.version}.`);
  say('description', 'DESCRIPTION_CHANGED', 'The contract is described otherwise.');
  say('tags', 'PRODUCT_TAGS_CHANGED', 'The contract has other tags.');
  say('team', 'TEAM_CHANGED', 'Others answer for the contract.');
  say('support', 'SUPPORT_CHANGED', 'Help with the contract is given elsewhere.');
  const explained = 'status roles price slaProperties schema version description tags team support'.split(' ');
  return [...drafts, ...restOf(was, is, explained, { subject: id, file, path: null })];
}

/** A contract of no output port: a source's, or one that nothing names. */
function otherContract(was: OdcsContract | undefined, is: OdcsContract | undefined, file: string | null): Draft[] {
  const subject = (is ?? was)?.id ?? '';
  if (was === undefined || is === undefined) {
    const message = `The contract ${subject} is ${is === undefined ? 'gone' : 'new'}.`;
    return [{ code: 'SOURCE_CHANGED', message, subject, file, path: null }];
  }
  const [rest] = restOf(was, is, [], { subject, file, path: null });
  return rest === undefined ? [] : [{ ...rest, code: 'SOURCE_CHANGED' }];
}

type Pair = readonly [OdcsContract, OdcsContract];
type HalfPair = readonly [OdcsContract | undefined, OdcsContract | undefined];

/** Contracts by their ids, and those of output ports by the port, too: a port's contract may have another id. */
function pairedContracts(was: Product, is: Product): { outputs: readonly Pair[]; others: readonly HalfPair[] } {
  const contract = ({ documents }: Product, id: string | null | undefined): OdcsContract | undefined =>
    documents.contracts.find((one) => one.id === id);
  const outputs = new Map<OdcsContract, OdcsContract>();
  for (const port of is.outputs) {
    const now = contract(is, port.contractId);
    const old =
      contract(was, port.contractId) ?? contract(was, was.outputs.find(({ name }) => name === port.name)?.contractId);
    if (now !== undefined && old !== undefined) outputs.set(now, old);
  }
  const ports = new Set([...was.outputs, ...is.outputs].map(({ contractId }) => contractId));
  const ids = new Set(
    [...was.documents.contracts, ...is.documents.contracts].map(({ id }) => id).filter((id) => !ports.has(id)),
  );
  return {
    outputs: [...outputs].map(([now, old]) => [old, now] as const),
    others: [...ids].map((id) => [contract(was, id), contract(is, id)] as const),
  };
}

/** A registered product's rows are read from elsewhere. */
function serverChange(was: Product, is: Product): Draft[] {
  if (isDeepStrictEqual(was.server, is.server)) return [];
  const message = 'The tables are read from another server, or as somebody else.';
  return [{ code: 'SOURCE_CHANGED', message, subject: 'servers', file: null, path: null }];
}

function serviceChange(was: Product, is: Product): Draft[] {
  if (was.remote === null || is.remote === null || was.remote.url === is.remote.url) return [];
  const message = `The service was at ${was.remote.url} and is at ${is.remote.url}.`;
  return [{ code: 'SERVICE_MOVED', message, subject: 'servers', file: null, path: null }];
}
