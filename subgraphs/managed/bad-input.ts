import { Refusal } from '../../schema/errors.ts';

/** The refusal of an argument; `place` names the field and argument, as in `flights(first:)`. */
export function badInput(place: string, message: string): Refusal {
  return new Refusal('BAD_INPUT', `${place} ${message}`);
}
