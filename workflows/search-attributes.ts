import { type Connection, isGrpcServiceError } from '@temporalio/client';
import { ATTRIBUTES } from './names.ts';

/** Temporal's number for the type Keyword. */
const KEYWORD = 2;
const ALREADY_EXISTS = 6;

/** Adds the search attributes that the namespace lacks. A worker that may not ask the operator's service goes on without asking. */
export async function registerSearchAttributes(connection: Connection, namespace: string): Promise<void> {
  const { operatorService } = connection;
  const { customAttributes } = await operatorService.listSearchAttributes({ namespace });
  const missing = Object.values(ATTRIBUTES).filter(({ name }) => customAttributes[name] === undefined);
  if (missing.length === 0) return;
  try {
    await operatorService.addSearchAttributes({
      namespace,
      searchAttributes: Object.fromEntries(missing.map(({ name }) => [name, KEYWORD])),
    });
  } catch (error) {
    if (!(isGrpcServiceError(error) && (error.code as number) === ALREADY_EXISTS)) throw error;
  }
}
