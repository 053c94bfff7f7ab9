/** A request's variables, coerced to their types. */
export type Variables = Readonly<Record<string, unknown>>;

/** A number that variables decide on; itself a number where they do not. */
export type Amount = number | ((variables: Variables) => number);

/** For a request's variables. */
export function amountFor(amount: Amount, variables: Variables): number {
  return typeof amount === 'number' ? amount : amount(variables);
}

/** Their sum: what needs no variables is added up now. */
export function sum(amounts: readonly Amount[]): Amount {
  return combined(amounts, 0, (one, other) => one + other);
}

/** The largest of them, and at least `least`. */
export function largest(amounts: readonly Amount[], least: number): Amount {
  return combined(amounts, least, Math.max);
}

/** So many times. */
export function times(count: Amount, each: Amount): Amount {
  // None at all of what is without bounds is nothing.
  const product = (one: number, other: number): number => (one === 0 || other === 0 ? 0 : one * other);
  return combined([count, each], 1, product);
}

function combined(amounts: readonly Amount[], neutral: number, of: (one: number, other: number) => number): Amount {
  let known = neutral;
  const open: Exclude<Amount, number>[] = [];
  for (const amount of amounts)
    if (typeof amount === 'number') known = of(known, amount);
    else open.push(amount);
  if (open.length === 0) return known;
  return (variables) => open.reduce((total, amount) => of(total, amount(variables)), known);
}
