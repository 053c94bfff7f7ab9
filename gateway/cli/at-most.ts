import { InvalidArgumentError } from 'commander';

/** Reads a whole number from 1 to `most`. */
export function atMost(most: number): (text: string) => number {
  return (text) => {
    const count = Number(text);
    if (!/^\d+$/.test(text) || count < 1 || count > most)
      throw new InvalidArgumentError(`Give a number from 1 to ${most}.`);
    return count;
  };
}
