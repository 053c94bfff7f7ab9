/** An object of the data that is being put together. */
export type Entity = Record<string, unknown>;

/** True of objects that have fields; lists have none. */
export function isEntity(value: unknown): value is Entity {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Puts what a fetch brought into what is there. Lists of one length belong together, element by element. */
export function merge(target: Entity, source: Entity): void {
  for (const key of Object.keys(source)) {
    const [there, brought] = [target[key], source[key]];
    if (isEntity(there) && isEntity(brought)) merge(there, brought);
    else if (Array.isArray(there) && Array.isArray(brought) && there.length === brought.length)
      mergeLists(there, brought);
    else if (brought !== undefined) target[key] = brought;
  }
}

function mergeLists(target: unknown[], source: readonly unknown[]): void {
  for (let at = 0; at < source.length; at++) {
    const [there, brought] = [target[at], source[at]];
    if (isEntity(there) && isEntity(brought)) merge(there, brought);
    else if (Array.isArray(there) && Array.isArray(brought) && there.length === brought.length)
      mergeLists(there, brought);
    else target[at] = brought;
  }
}

/** The same data in objects of its own. */
export function copy<Value>(value: Value): Value {
  if (Array.isArray(value)) return value.map(copy) as Value;
  if (!isEntity(value)) return value;
  const copied: Entity = {};
  for (const key of Object.keys(value)) copied[key] = copy(value[key]);
  return copied as Value;
}
