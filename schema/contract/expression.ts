import { hasSqlDetails, loadModule, parseSync, scanSync } from 'libpg-query';
import type { ExpressionSql, Property } from './model.ts';
import { AGGREGATE_FUNCTIONS, CLOCK_FUNCTIONS, SET_FUNCTIONS, WINDOW_FUNCTIONS } from './sql-functions.ts';
import { checkFunction, checkOperator, checkType, namePath, nodeWords, type SqlNode } from './sql-walk.ts';

// Contracts are read without waiting, so the grammar is there before the first one is.
await loadModule();

/** Letters of an expression with all that it refers to; the longest that people write have some hundred. */
const EXPRESSION_LIMIT = 8 * 1024;

/** What a name in an expression stands for. */
export type Meaning =
  | { readonly kind: 'property'; readonly property: Property }
  | { readonly kind: 'measure' | 'dimension'; readonly sql: ExpressionSql }
  /** Why it stands for nothing. */
  | { readonly kind: 'fault'; readonly code: string; readonly message: string };

export interface ExpressionAsk {
  readonly text: string;
  readonly kind: 'measure' | 'dimension';
  readonly meaning: (name: string) => Meaning;
  /** Hears what is wrong. */
  readonly fault: (code: string, message: string) => void;
}

/**
 * Reads a measure's or dimension's SQL by Postgres' own grammar: one value over a row, or over the rows of a group, by functions that
 * answer from their arguments alone. Of what is faulty, the answer is not to be used.
 */
export function readExpression(ask: ExpressionAsk): ExpressionSql {
  const { text, fault } = ask;
  if (text.trim() === '') fault('SQL_EMPTY', 'transformLogic is empty: write the SQL that it is.');
  else if (text.length > EXPRESSION_LIMIT || text.includes('\0')) fault('SQL_TOO_LARGE', TOO_LARGE);
  else
    try {
      return readParsed(ask, parsedValue(ask));
    } catch (error) {
      if (error instanceof RangeError || (hasSqlDetails(error) && error.message.startsWith('memory exhausted')))
        fault('SQL_TOO_DEEP', 'the SQL nests too deep to be read: write it with fewer parentheses.');
      else if (hasSqlDetails(error))
        fault('SQL_SYNTAX', `Postgres cannot read the SQL: ${error.message}. Write one expression.`);
      else throw error;
    }
  return [];
}

const TOO_LARGE = `an expression has at most ${EXPRESSION_LIMIT} letters with all that it refers to, and none of them NUL: compute parts of it in the transformation.`;

/** What stands before the text that is parsed, of one byte a letter. */
const BEFORE = 'select (\n';

/** The syntax tree of the one value that the text is; null, and faults said, where it is something else. */
function parsedValue({ text, fault }: ExpressionAsk): SqlNode | null {
  const { stmts = [] } = parseSync(`${BEFORE}${text}\n)`);
  const select = (stmts[0]?.stmt as Readonly<Record<string, SqlNode>> | undefined)?.['SelectStmt'] ?? {};
  const { targetList, limitOption: _limit, op, ...rest } = select;
  const targets = (targetList ?? []) as readonly { readonly ResTarget?: SqlNode }[];
  const [{ ResTarget: target = {} } = {}] = targets;
  const isOne = stmts.length === 1 && op === 'SETOP_NONE' && targets.length === 1 && Object.keys(rest).length === 0;
  const value = (target['val'] ?? {}) as SqlNode;
  if (isOne && target['name'] === undefined && isClosed(text) && value['RowExpr'] === undefined) return value;
  fault('SQL_NOT_EXPRESSION', 'the SQL must be one expression, not a query and not a list of values.');
  return null;
}

/** True where no parenthesis of the text closes what stands before it. */
function isClosed(text: string): boolean {
  let depth = 0;
  for (const token of scanSync(text).tokens) {
    if (token.text === '(') depth += 1;
    if (token.text === ')') depth -= 1;
    if (depth < 0) return false;
  }
  return depth === 0;
}

/** Where a name stands in the text, in bytes, and what stands there in its place. */
interface Place {
  readonly start: number;
  readonly sql: ExpressionSql;
}

/** Over what a part of an expression is computed: a row, a group of rows, or each row of a group. */
type Over = 'row' | 'group' | 'rows of a group';

interface Reading extends ExpressionAsk {
  readonly places: Place[];
  /** True once something makes one value of a group. */
  aggregates: boolean;
}

function readParsed(ask: ExpressionAsk, value: SqlNode | null): ExpressionSql {
  if (value === null) return [];
  const { tokens } = scanSync(ask.text);
  if (tokens.some(({ tokenName }) => tokenName.endsWith('COMMENT')))
    ask.fault('SEMANTIC_COMMENT', 'there is a comment in the SQL: write it as the description.');
  const faults: string[] = [];
  const fault: ExpressionAsk['fault'] = (code, message) => {
    faults.push(code);
    ask.fault(code, message);
  };
  const reading: Reading = { ...ask, fault, places: [], aggregates: false };
  visit(reading, value, ask.kind === 'measure' ? 'group' : 'row');
  // What is faulty may be what would have made one value.
  if (ask.kind === 'measure' && !reading.aggregates && faults.length === 0)
    fault(
      'SEMANTIC_NOT_AGGREGATE',
      'no aggregate function makes one value of the rows of a group: use one, such as sum, or make it a dimension.',
    );
  const ends = new Map(tokens.map(({ start, end }) => [start, end]));
  if (reading.places.some(({ start }) => !ends.has(start)))
    fault('SQL_REFUSED', 'a name is written in a way that is not known here: write it plainly, or in double quotes.');
  const sql = spliced(Buffer.from(ask.text), reading.places, ends);
  if (sql.reduce((total, part) => total + (typeof part === 'string' ? part.length : 0), 0) > EXPRESSION_LIMIT)
    ask.fault('SQL_TOO_LARGE', TOO_LARGE);
  return sql;
}

/** The text with other SQL in its places. Offsets are of UTF-8, so it is cut as bytes. */
function spliced(text: Buffer, places: readonly Place[], ends: ReadonlyMap<number, number>): ExpressionSql {
  const parts: (string | Property)[] = [];
  let done = 0;
  for (const { start, sql } of [...places].sort((a, b) => a.start - b.start)) {
    parts.push(text.toString('utf8', done, start), ...sql);
    done = ends.get(start) ?? start;
  }
  return [...parts, text.toString('utf8', done)];
}

/** What an expression may be made of, beside names and calls: nothing that reads rows, and nothing that is not one value. */
const NODES = new Set(
  `A_ArrayExpr A_Const A_Expr A_Indices A_Indirection BitString BoolExpr Boolean BooleanTest CaseExpr CaseWhen CoalesceExpr
  CollateClause Float Integer List MinMaxExpr NamedArgExpr NullTest SortBy String TypeCast TypeName`.split(/\s+/),
);

function visit(reading: Reading, value: unknown, over: Over): void {
  if (Array.isArray(value)) {
    for (const item of value) visit(reading, item, over);
    return;
  }
  if (typeof value !== 'object' || value === null) return;
  for (const [key, inner] of Object.entries(value as SqlNode)) {
    const node = inner as SqlNode;
    if (!/^[A-Z]/.test(key)) {
      if (key === 'typeName') checkType(node, reading);
      visit(reading, inner, over);
    } else if (key === 'ColumnRef') visitName(reading, node, over);
    else if (key === 'FuncCall') visitCall(reading, node, over);
    else if (NODES.has(key)) {
      if (key === 'A_Expr') checkOperator(node, reading);
      if (key === 'TypeCast') checkCast(reading, node);
      visit(reading, inner, over);
    } else reading.fault(...refusalOf(key));
  }
}

function refusalOf(key: string): [code: string, message: string] {
  switch (key) {
    case 'SubLink':
      return ['SEMANTIC_SUBQUERY', 'there is a subquery: an expression reads the properties of its own object alone.'];
    case 'ParamRef':
      return ['SEMANTIC_PARAMETER', 'there is a parameter such as $1: write the value itself.'];
    case 'SQLValueFunction':
      return ['SEMANTIC_CLOCK', CLOCK];
    default:
      return ['SQL_REFUSED', `${nodeWords(key)} may not be in an expression: compute it in the transformation.`];
  }
}

const CLOCK =
  'an expression may ask neither the clock nor who is asking, for answers are kept as long as the data is the same: compute it in the transformation.';

function visitName(reading: Reading, node: SqlNode, over: Over): void {
  const { places, kind, fault } = reading;
  const [name = '', ...more] = namePath(node['fields']);
  if (more.length > 0 || name === '') {
    const found = [name, ...more].map((part) => (part === '' ? '*' : part)).join('.');
    fault(
      'SEMANTIC_COLUMN',
      `${found} is no name of a property: name one of its own object, without the name of that.`,
    );
    return;
  }
  const found = reading.meaning(name);
  if (found.kind === 'fault') {
    fault(found.code, found.message);
    return;
  }
  if (found.kind === 'measure') {
    reading.aggregates = true;
    if (kind === 'dimension')
      fault('SEMANTIC_AGGREGATE', `it is computed of each row, and ${name} is a measure: make this a measure too.`);
    else if (over === 'rows of a group') fault('SEMANTIC_NESTED', `${name} is an aggregate already: aggregate once.`);
  } else if (over === 'group')
    fault(
      'SEMANTIC_BARE',
      `${name} stands outside of an aggregate function, and a group has many: write min(${name}), or what else is meant.`,
    );
  // The parser leaves a zero out, but something stands before the text.
  const start = Number(node['location']) - BEFORE.length;
  places.push({ start, sql: found.kind === 'property' ? [found.property] : found.sql });
}

function visitCall(reading: Reading, node: SqlNode, over: Over): void {
  const { kind, fault } = reading;
  const { funcname, ...parts } = node;
  const name = namePath(funcname).at(-1) ?? '';
  checkFunction(node, reading);
  if (node['over'] !== undefined || (WINDOW_FUNCTIONS.has(name) && node['agg_within_group'] !== true)) {
    fault(
      'SEMANTIC_WINDOW',
      `${name} is called as a window function, which looks beyond a row or group: use an aggregate.`,
    );
    return;
  }
  if (SET_FUNCTIONS.has(name))
    fault(
      'SEMANTIC_ROWS',
      `${name} makes several rows of one, and an expression is one value: compute it in the transformation.`,
    );
  else if (
    CLOCK_FUNCTIONS.has(name) ||
    (name === 'age' && (node['args'] as readonly unknown[] | undefined)?.length === 1)
  )
    fault('SEMANTIC_CLOCK', CLOCK);
  else if (AGGREGATE_FUNCTIONS.has(name) || node['agg_within_group'] === true) {
    reading.aggregates = true;
    if (kind === 'dimension')
      fault('SEMANTIC_AGGREGATE', `it is computed of each row, and ${name} of a group: make it a measure.`);
    else if (over === 'rows of a group')
      fault('SEMANTIC_NESTED', `${name} stands within another aggregate function: aggregate once.`);
    visit(reading, parts, 'rows of a group');
    return;
  }
  visit(reading, parts, over);
}

/** Words that Postgres reads as a moment by the clock. */
const CLOCK_WORDS = /^\s*(now|today|tomorrow|yesterday)\s*$/i;

function checkCast({ fault }: Reading, node: SqlNode): void {
  const { A_Const: constant } = (node['arg'] ?? {}) as { readonly A_Const?: { sval?: { sval?: string } } };
  if (CLOCK_WORDS.test(constant?.sval?.sval ?? '')) fault('SEMANTIC_CLOCK', CLOCK);
}
