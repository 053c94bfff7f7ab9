/** The console is a client of the public graph and nothing else. It asks with the key that its tab was given, if any. */
const KEY = 'weft-key';

/** An answer that is an error; `code` is the gateway's. */
export class Refused extends Error {
  constructor(message, code) {
    super(message);
    this.code = code;
  }
}

/** From here on this tab asks with a key, or, with an empty one, without. */
export function useKey(key) {
  if (key === '') sessionStorage.removeItem(KEY);
  else sessionStorage.setItem(KEY, key);
}

/** The answer as it came: data, errors, or both. */
export async function answerTo(query, variables = {}) {
  const key = sessionStorage.getItem(KEY);
  const response = await fetch('graphql', {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(key && { authorization: `Bearer ${key}` }) },
    body: JSON.stringify({ query, variables }),
  });
  return response.json();
}

/** The data; throws Refused where there is any error. */
export async function ask(query, variables) {
  const { data, errors } = await answerTo(query, variables);
  if (errors) throw new Refused(errors[0].message, errors[0].extensions?.code);
  return data;
}
