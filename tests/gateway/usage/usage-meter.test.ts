import { expect, test } from '@jest/globals';
import { buildSchema, getOperationAST, parse } from 'graphql';
import { UsageMeter } from '../../../gateway/usage/usage-meter.ts';
import { type UsedOperation, usedOperation } from '../../../gateway/usage/used-operation.ts';

const schema = buildSchema(`
  type Query { flights(where: Where, kind: Kind): [Flight] }
  type Flight { id: ID carrier: String }
  input Where { kind: Kind carrier: String and: [Where] }
  enum Kind { FREIGHT PASSENGER }`);
const client = { name: '', version: '' };

function operation(text: string): UsedOperation {
  const document = parse(text);
  return usedOperation(schema, document, getOperationAST(document)!)!;
}

const asked = (consumer: string, variables: Record<string, unknown> = {}) => ({ consumer, client, variables });

function flight(at: number): UsedOperation {
  return operation(`query F${at} { flights { id } }`);
}

test('operations that differ in numbers, texts, spaces and comments are one; those that differ in what they ask are not', () => {
  const hash = (text: string): string => operation(text).hash;
  const one = hash('{ flights(where: { carrier: "A" }) { id } }');
  expect(hash('{ flights(where: { carrier: "B" }) { id } } # again')).toBe(one);
  for (const other of [
    '{ flights(where: { kind: FREIGHT }) { id } }',
    '{ flights(where: { kind: PASSENGER }) { id } }',
    'query Named { flights(where: { carrier: "A" }) { id } }',
    '{ flights(where: { carrier: "A" }) { carrier } }',
  ])
    expect(hash(other)).not.toBe(one);
});

test('what is used through fragments is the operation’s; other operations of the document are not', () => {
  const document = parse('query A { ...F } query B { flights { carrier } } fragment F on Query { flights { id } }');
  expect(usedOperation(schema, document, getOperationAST(document, 'A')!)!.coordinates).toEqual([
    'Flight.id',
    'Query',
    'Query.flights',
  ]);
});

test('a batch that was written is not written again, one that was not is; what came meanwhile stays', () => {
  const meter = new UsageMeter();
  const used = operation('query Q($where: Where) { flights(where: $where) { id } }');
  const count = (): void => meter.count(used, asked('c', { where: { kind: 'FREIGHT' } }), false);
  count();
  const lost = meter.take()!;
  count();
  lost.kept();
  const next = meter.take()!;
  expect(next.batch.calls).toMatchObject([{ consumer: 'c', calls: 2 }]);
  expect(next.batch.operations).toMatchObject([{ name: 'Q', hash: used.hash }]);
  count();
  next.written();
  const last = meter.take()!;
  expect(last.batch).toMatchObject({
    operations: [],
    calls: [{ calls: 1 }],
    coordinates: [
      { coordinate: 'Where.kind', calls: 1 },
      { coordinate: 'Kind.FREIGHT', calls: 1 },
    ],
  });
  last.written();
  expect(meter.take()).toBeNull();
});

test('100,000 different operations of one consumer take the room of 2,000; what they use is counted still', () => {
  const meter = new UsageMeter();
  const used = flight(0);
  const heap = (): number => {
    globalThis.gc?.();
    return process.memoryUsage().heapUsed;
  };
  const flood = (from: number, to: number): void => {
    for (let at = from; at < to; at += 1)
      meter.count({ ...used, hash: `h${at}`, name: `F${at}` }, asked('flood'), false);
  };
  flood(0, 10_000);
  const before = heap();
  flood(10_000, 100_000);
  if (globalThis.gc !== undefined) expect(heap() - before).toBeLessThan(1_000_000);
  meter.count(used, asked('bystander'), false);

  let calls = 0;
  let told = 0;
  const other: Record<string, number> = {};
  const bystander: string[] = [];
  for (let taken = meter.take(); taken !== null; taken = meter.take()) {
    told += taken.batch.operations.length;
    for (const row of taken.batch.calls) {
      if (row.consumer === 'flood') calls += row.calls;
      else bystander.push(row.operation);
    }
    for (const row of taken.batch.coordinates) {
      expect(row.operation).toBe('other');
      other[row.coordinate] = row.calls;
    }
    taken.written();
  }
  expect(calls).toBe(100_000);
  expect(told).toBe(2_001);
  expect(other).toEqual({ 'Flight.id': 98_000, 'Query.flights': 98_000 });
  // Nobody takes the room of others.
  expect(bystander).toEqual([used.hash]);
});

test('many programs of one consumer, and long lists in variables, are bounded', () => {
  const meter = new UsageMeter();
  const used = operation('query Q($where: Where) { flights(where: $where) { id } }');
  for (let at = 0; at < 1_000; at += 1)
    meter.count(used, { ...asked('c'), client: { name: `program ${at}`, version: '' } }, false);
  expect(meter.take()!.batch.calls).toHaveLength(21);
  const long = { where: { and: Array.from({ length: 1_000_000 }, () => ({ kind: 'FREIGHT' })) } };
  const began = performance.now();
  meter.count(used, asked('c', long), false);
  expect(performance.now() - began).toBeLessThan(50);
  let deep: Record<string, unknown> = { kind: 'FREIGHT' };
  for (let depth = 0; depth < 100_000; depth += 1) deep = { and: [deep] };
  meter.count(used, asked('c', { where: deep }), false);
});

test.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty'])(
  'a consumer, client or member named %s is one like others',
  (name) => {
    const meter = new UsageMeter();
    const used = operation('query Q($where: Where, $kind: Kind) { flights(where: $where, kind: $kind) { id } }');
    const variables = JSON.parse(`{ "where": { "${name}": { "kind": "FREIGHT" } }, "kind": "${name}" }`) as Record<
      string,
      unknown
    >;
    meter.count(used, { consumer: name, client: { name, version: name }, variables }, false);
    expect(meter.take()!.batch).toMatchObject({
      calls: [{ consumer: name, clientName: name, calls: 1 }],
      coordinates: [],
    });
  },
);
