import { getOperationAST, buildSchema, parse } from 'graphql';
import { UsageMeter } from '../../gateway/usage/usage-meter.ts';
import { type UsedOperation, usedOperation } from '../../gateway/usage/used-operation.ts';

/** What the recording of usage costs: CPU time for each request, and once for each operation. `npm run bench:usage`. */
const schema = buildSchema(`
  type Query { flights(where: Where, first: Int): [Flight] }
  type Flight { id: ID carrier: String delay: Int distance: Int origin: String destination: String }
  input Where { carrier: Filter kind: Kind and: [Where!] }
  input Filter { eq: String }
  enum Kind { FREIGHT PASSENGER }`);
const FIELDS = '{ id carrier delay distance origin destination }';
const PLAIN = `query Plain($first: Int) { flights(first: $first) ${FIELDS} }`;
const GIVEN = `query Given($where: Where, $first: Int) { flights(where: $where, first: $first) ${FIELDS} }`;

function operation(text: string): UsedOperation {
  const document = parse(text);
  return usedOperation(schema, document, getOperationAST(document)!)!;
}

function measure(what: string, times: number, act: () => void): void {
  for (let at = 0; at < times / 10; at += 1) act();
  const began = process.cpuUsage();
  for (let at = 0; at < times; at += 1) act();
  const { user, system } = process.cpuUsage(began);
  console.log(`${what.padEnd(50)} ${(((user + system) * 1_000) / times).toFixed(0)} ns`);
}

const meter = new UsageMeter();
const client = { name: 'web', version: '1.2.3' };
const plain = operation(PLAIN);
const given = operation(GIVEN);
const where = { carrier: { eq: 'AA' }, kind: 'PASSENGER', and: [{ kind: 'FREIGHT' }] };
measure('a request', 2e6, () => meter.count(plain, { consumer: 'reports', client, variables: { first: 3 } }, false));
measure('a request with five coordinates in its variables', 2e6, () =>
  meter.count(given, { consumer: 'reports', client, variables: { where, first: 3 } }, false),
);
measure('an operation, once', 2e4, () => void operation(GIVEN));
