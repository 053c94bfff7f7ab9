/** What a relationship points at, as written. Ids are the stable ids of ODCS 3.1; the shorthand may use names or ids. */
export interface ReferenceText {
  /** `path/x.odcs.yaml` of the full form; null: this contract, or wherever the object is found. */
  readonly file: string | null;
  readonly object: string;
  readonly property: string;
}

/** Reads `airports.iata` and `path/x.odcs.yaml#/schema/<id>/properties/<id>`; null where it is neither. */
export function parseReference(text: string): ReferenceText | null {
  const full = /^(?:([^#]+\.ya?ml)#)?\/?schema\/([^/]+)\/properties\/([^/]+)$/.exec(text);
  if (full !== null) return { file: full[1] ?? null, object: full[2] ?? '', property: full[3] ?? '' };
  const short = /^([^./#]+)\.([^./#]+)$/.exec(text);
  if (short !== null) return { file: null, object: short[1] ?? '', property: short[2] ?? '' };
  return null;
}
