import {
  getOperationAST,
  GraphQLError,
  type GraphQLFormattedError,
  type GraphQLSchema,
  parse,
  validate,
} from 'graphql';
import { TOKENS_MAX } from '../door/nesting.ts';

/** What is wrong with an operation that cannot be compiled, by GraphQL's own words. */
export function operationFaults(
  schema: GraphQLSchema,
  query: string,
  operationName: string | null,
): GraphQLFormattedError[] {
  try {
    const document = parse(query, { maxTokens: TOKENS_MAX });
    const faults = validate(schema, document);
    if (faults.length > 0) return faults.map((fault) => told(fault, 'GRAPHQL_VALIDATION_FAILED'));
    if (getOperationAST(document, operationName)) return [{ message: 'The operation cannot be answered here.' }];
    const message =
      operationName === null ? 'Several operations, or none: name one.' : `There is no operation of that name.`;
    return [{ message, extensions: { code: 'OPERATION_RESOLUTION_FAILURE' } }];
  } catch (error) {
    if (error instanceof GraphQLError) return [told(error, 'GRAPHQL_PARSE_FAILED')];
    throw error;
  }
}

function told(error: GraphQLError, code: string): GraphQLFormattedError {
  const { message, locations } = error;
  // It may quote what was sent, which may be a megabyte.
  const clipped = message.length > 500 ? `${message.slice(0, 500)}…` : message;
  return { message: clipped, ...(locations && { locations }), extensions: { code } };
}
