/** A request's variables, coerced to their types. */
export type Variables = Readonly<Record<string, unknown>>;

/** Stands in a compiled operation where a variable's value stands in a request. */
export class Slot {
  readonly #path: readonly (string | number)[];

  constructor(path: readonly (string | number)[]) {
    this.#path = path;
  }

  read(variables: Variables): unknown {
    return this.#path.reduce<unknown>(
      (at, step) => (at as Readonly<Record<string | number, unknown>>)[step],
      variables,
    );
  }
}

/** What makes a value of an argument, for a request's variables: a literal is converted now, once, a slot for each request. */
export function converted<Value>(raw: unknown, convert: (value: unknown) => Value): (variables: Variables) => Value {
  if (!hasSlot(raw)) {
    const value = convert(raw);
    return () => value;
  }
  if (raw instanceof Slot) return (variables) => convert(raw.read(variables));
  return (variables) => convert(filled(raw, variables));
}

function hasSlot(raw: unknown): boolean {
  return raw instanceof Slot || (Array.isArray(raw) && raw.some(hasSlot));
}

function filled(raw: unknown, variables: Variables): unknown {
  if (raw instanceof Slot) return raw.read(variables);
  return Array.isArray(raw) ? raw.map((item) => filled(item, variables)) : raw;
}
