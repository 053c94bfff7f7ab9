import { type DocumentNode, type FieldNode, Kind, type ValueNode, visit } from 'graphql';

/** Before the name of a field that is asked for under another one than the client's. */
const OWN = '_weft_';

/**
 * The operation as it is planned. What the client calls by the name of a field that plans fetch for themselves (one of a key, say)
 * gets another name, lest one be taken for the other.
 */
export function preparedOperation(document: DocumentNode, planned: ReadonlySet<string>): DocumentNode {
  return visit(document, {
    Field: (node): FieldNode | undefined => {
      const key = keyInData(node, planned);
      return key === (node.alias ?? node.name).value ? undefined : { ...node, alias: { kind: Kind.NAME, value: key } };
    },
  });
}

/** Under which key a field of the operation stands in the data. */
export function keyInData({ alias, name }: FieldNode, planned: ReadonlySet<string>): string {
  const key = (alias ?? name).value;
  // What every object has under a name like `toString` is no data.
  if (key in Object.prototype) return `${OWN}${key}`;
  const isTaken = key !== name.value && (planned.has(key) || key.startsWith('_'));
  return isTaken ? `${OWN}${key}` : key;
}

/** What the client calls what stands in the data under a key. */
export function clientsKey(key: string): string {
  return key.startsWith(OWN) ? key.slice(OWN.length) : key;
}

/** Names of all fields that keys, requirements and contexts of a supergraph have. */
export function plannedNames(supergraph: DocumentNode): ReadonlySet<string> {
  const names = new Set<string>();
  visit(supergraph, {
    Directive: ({ name, arguments: given = [] }) => {
      if (!name.value.startsWith('join__')) return;
      const add = (value: ValueNode): void => {
        if (value.kind === Kind.STRING) for (const word of value.value.match(/\w+/g) ?? []) names.add(word);
      };
      for (const { name: argument, value } of given)
        if (['key', 'requires', 'provides'].includes(argument.value)) add(value);
        else if (argument.value === 'contextArguments')
          visit(value, { ObjectField: (node) => (node.name.value === 'selection' ? add(node.value) : undefined) });
    },
  });
  return names;
}
