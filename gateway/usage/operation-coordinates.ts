import {
  type DocumentNode,
  getNamedType,
  type GraphQLSchema,
  isEnumType,
  isInputObjectType,
  type OperationDefinitionNode,
  separateOperations,
  TypeInfo,
  visit,
  visitWithTypeInfo,
} from 'graphql';

/**
 * The schema coordinates (GraphQL, appendix "Schema Coordinates") that stand in an operation, sorted: fields, arguments, input fields,
 * enum values, and the types that it names. None of introspection. The operation must be valid.
 */
export function operationCoordinates(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
): string[] {
  const found = new Set<string>();
  const info = new TypeInfo(schema);
  const visitor = visitWithTypeInfo(info, {
    Field: () => {
      const parent = info.getParentType();
      const field = info.getFieldDef();
      if (field == null || parent == null) return;
      // Below it is the schema, not the data.
      if (field.name.startsWith('__')) return false;
      found.add(`${parent.name}.${field.name}`);
      return;
    },
    Argument: () => {
      const parent = info.getParentType();
      const field = info.getFieldDef();
      const argument = info.getArgument();
      if (parent != null && field != null && argument != null)
        found.add(`${parent.name}.${field.name}(${argument.name}:)`);
    },
    // Those of GraphQL itself, and of its servers: no product has one.
    Directive: () => false,
    ObjectField: ({ name }) => {
      const parent = getNamedType(info.getParentInputType());
      if (isInputObjectType(parent)) found.add(`${parent.name}.${name.value}`);
    },
    EnumValue: ({ value }) => {
      const type = getNamedType(info.getInputType());
      if (isEnumType(type)) found.add(`${type.name}.${value}`);
    },
    NamedType: ({ name }) => {
      if (!isSpecified(name.value)) found.add(name.value);
    },
  });
  // With the fragments of this operation alone.
  visit(separateOperations(document)[operation.name?.value ?? ''] ?? document, visitor);
  return [...found].sort();
}

function isSpecified(type: string): boolean {
  return /^(Int|Float|String|Boolean|ID)$/.test(type);
}
