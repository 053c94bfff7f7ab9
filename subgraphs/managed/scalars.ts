import { GraphQLError, Kind, print, type ValueNode } from 'graphql';
import { parseBigInt, parseDate, parseDateTime, parseDecimal, parseTime } from './parse-value.ts';

/** How the scalars that GraphQL has not built in are read and written; for `buildSubgraphSchema`. */
export interface ScalarRules {
  readonly serialize: (value: unknown) => unknown;
  readonly parseValue: (value: unknown) => unknown;
  readonly parseLiteral: (node: ValueNode, variables?: Readonly<Record<string, unknown>> | null) => unknown;
}

/** A number in a variable has been through a double: beyond 15 digits it may not be what was sent. */
const EXACT_DIGITS = 15;

/** BigInt, Decimal, Date, DateTime, Time and JSON: inputs strict and exact, outputs checked. */
export const SCALARS: Readonly<Record<string, ScalarRules>> = {
  BigInt: numberScalar('BigInt', 'an integer of 64 bits, as a string', parseBigInt),
  Decimal: numberScalar('Decimal', 'a decimal number, as a string', parseDecimal),
  Date: textScalar('Date', 'a day as `2001-12-31`', parseDate),
  DateTime: textScalar(
    'DateTime',
    'a moment as RFC 3339 has it, `2001-12-31T23:59:59Z`, to microseconds',
    parseDateTime,
  ),
  Time: textScalar('Time', 'a time of day as `23:59:59`', parseTime),
  JSON: { serialize: (value) => value, parseValue: (value) => value, parseLiteral: jsonLiteral },
};

function textScalar(name: string, form: string, parse: (text: string) => string | null): ScalarRules {
  const read = (value: unknown, shown: string): string => {
    const parsed = typeof value === 'string' ? parse(value) : null;
    if (parsed === null) throw new GraphQLError(`${name} must be ${form}; found ${shorten(shown)}.`);
    // The text as given: what a column's type makes of it is decided there.
    return value as string;
  };
  return {
    serialize: (value) => {
      if (typeof value !== 'string' || parse(value) === null) throw outOfRange(name, value);
      return value;
    },
    parseValue: (value) => read(value, JSON.stringify(value)),
    parseLiteral: (node) => read(node.kind === Kind.STRING ? node.value : null, print(node)),
  };
}

function numberScalar(name: string, form: string, parse: (text: string) => string | null): ScalarRules {
  const read = (text: string | null, shown: string): string => {
    const parsed = text === null ? null : parse(text);
    if (parsed === null) throw new GraphQLError(`${name} must be ${form}; found ${shorten(shown)}.`);
    return parsed;
  };
  return {
    serialize: (value) => {
      if (typeof value !== 'string' || parse(value) === null) throw outOfRange(name, value);
      return value;
    },
    parseValue: (value) =>
      read(
        typeof value === 'number' ? exactText(value) : typeof value === 'string' ? value : null,
        JSON.stringify(value),
      ),
    parseLiteral: (node) =>
      read(
        node.kind === Kind.STRING || node.kind === Kind.INT || node.kind === Kind.FLOAT ? node.value : null,
        print(node),
      ),
  };
}

function exactText(value: number): string | null {
  const text = String(value);
  return text.replace(/e.*$/, '').replace(/\D/g, '').length <= EXACT_DIGITS ? text : null;
}

function jsonLiteral(node: ValueNode, variables?: Readonly<Record<string, unknown>> | null): unknown {
  switch (node.kind) {
    case Kind.NULL:
      return null;
    case Kind.STRING:
    case Kind.BOOLEAN:
    case Kind.ENUM:
      return node.value;
    case Kind.INT:
    case Kind.FLOAT:
      return Number(node.value);
    case Kind.LIST:
      return node.values.map((item) => jsonLiteral(item, variables));
    case Kind.OBJECT:
      return Object.fromEntries(node.fields.map((field) => [field.name.value, jsonLiteral(field.value, variables)]));
    case Kind.VARIABLE:
      return variables?.[node.name.value];
  }
}

function outOfRange(name: string, value: unknown): GraphQLError {
  return new GraphQLError(`${name} cannot represent ${shorten(JSON.stringify(value))}, which is in the data.`);
}

/** An error that repeats its input must not become as long as it. */
function shorten(text: string | undefined): string {
  const shown = text ?? 'nothing';
  return shown.length <= 100 ? shown : `${shown.slice(0, 100)}…`;
}
