/** The program that asks, as it calls itself; empty where it says nothing. */
export interface Client {
  readonly name: string;
  readonly version: string;
}

const NAME_MAX = 100;
const UNNAMED: Client = { name: '', version: '' };

/** By the headers that Apollo's clients send, or those that others do. */
export function clientOf(headers: Readonly<Record<string, unknown>>): Client {
  const name = headers['apollographql-client-name'] ?? headers['graphql-client-name'];
  const version = headers['apollographql-client-version'] ?? headers['graphql-client-version'];
  if (name === undefined && version === undefined) return UNNAMED;
  return { name: text(name), version: text(version) };
}

function text(value: unknown): string {
  return typeof value === 'string' && !value.includes('\0') ? value.slice(0, NAME_MAX) : '';
}
