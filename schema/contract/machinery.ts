const MACHINERY = /^(_|federation__|link__|core__)/;

/**
 * True for names of what federation itself puts into a subgraph, and every service prints its own way: the types `_Entity` and
 * `link__Import`, the fields `Query._service` and `Query._entities`.
 */
export function isMachinery(name: string): boolean {
  return MACHINERY.test(name);
}
