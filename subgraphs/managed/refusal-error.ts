import { GraphQLError } from 'graphql';
import type { Refusal } from '../../schema/errors.ts';

/** A refusal with its code and findings in the place where GraphQL has them. */
export function refusalError(refusal: Refusal): GraphQLError {
  const { code, findings, message } = refusal;
  return new GraphQLError(message, {
    originalError: refusal,
    extensions: findings.length === 0 ? { code } : { code, findings },
  });
}
