import {
  getNamedType,
  isLeafType,
  isObjectType,
  Kind,
  print,
  type ArgumentNode,
  type DirectiveNode,
  type FragmentDefinitionNode,
  GraphQLBoolean,
  GraphQLNonNull,
  type GraphQLObjectType,
  type NameNode,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql';
import { drawArguments } from './arguments.ts';
import { drawInput, isAsked, written, type Drawing } from './inputs.ts';

/** What stands under each response key so far: another field under the same key has to be the same. */
export type Scope = Map<string, Entry>;

interface Entry {
  readonly name: string;
  readonly arguments: readonly ArgumentNode[];
  readonly below: Scope;
}

/** A drawing with the fragments that it may spread, and how many more selections it may have. */
export interface SelectionDrawing extends Drawing {
  readonly fragments: { readonly definition: FragmentDefinitionNode; readonly scope: Scope }[];
  left: number;
}

const ALIASES = ['a', 'b', 'c', '__proto__', 'constructor', 'toString', 'hasOwnProperty', 'length'];

/** Selections of an object type, at most `depth` levels of objects deep. Never empty. */
export function drawSelections(
  drawing: SelectionDrawing,
  type: GraphQLObjectType,
  scope: Scope,
  depth: number,
): SelectionSetNode {
  const { draw } = drawing;
  const count = draw.int(1, depth > 2 ? 4 : 5);
  const selections = Array.from({ length: count }, () => drawSelection(drawing, type, scope, depth));
  return { kind: Kind.SELECTION_SET, selections };
}

function drawSelection(drawing: SelectionDrawing, type: GraphQLObjectType, scope: Scope, depth: number): SelectionNode {
  const { draw } = drawing;
  drawing.left -= 1;
  const kind = draw.int(0, 99);
  if (kind < 9) {
    const condition = draw.percent(70)
      ? { typeCondition: { kind: Kind.NAMED_TYPE as const, name: name(type.name) } }
      : {};
    const selectionSet = drawSelections(drawing, type, scope, depth);
    return { kind: Kind.INLINE_FRAGMENT, ...condition, directives: drawDirectives(drawing), selectionSet };
  }
  if (kind < 20) {
    const known = drawing.fragments.filter(({ definition }) => definition.typeCondition.name.value === type.name);
    const chosen = known.length === 0 ? undefined : draw.pick(known);
    if (chosen !== undefined && merges(scope, chosen.scope)) {
      merge(scope, chosen.scope);
      return { kind: Kind.FRAGMENT_SPREAD, name: chosen.definition.name, directives: drawDirectives(drawing) };
    }
  }
  return drawField(drawing, type, scope, depth);
}

function drawField(drawing: SelectionDrawing, type: GraphQLObjectType, scope: Scope, depth: number): SelectionNode {
  const { draw } = drawing;
  const [key, entry] =
    scope.size > 0 && draw.percent(8) ? draw.pick([...scope]) : drawEntry(drawing, type, scope, depth);
  scope.set(key, entry);
  const below = entry.name === '__typename' ? null : getNamedType(type.getFields()[entry.name]!.type);
  return {
    kind: Kind.FIELD,
    ...(key === entry.name ? {} : { alias: name(key) }),
    name: name(entry.name),
    arguments: entry.arguments,
    directives: drawDirectives(drawing),
    ...(isObjectType(below) ? { selectionSet: drawSelections(drawing, below, entry.below, depth - 1) } : {}),
  };
}

/** A field with its arguments, under a key that it may have. */
function drawEntry(
  drawing: SelectionDrawing,
  type: GraphQLObjectType,
  scope: Scope,
  depth: number,
): readonly [string, Entry] {
  const { draw } = drawing;
  const field = drawName(drawing, type, depth);
  const aliases = [...ALIASES, ...Object.keys(type.getFields())];
  const arguments_ = field === '__typename' ? [] : drawArguments(drawing, type.getFields()[field]!);
  const key = freeKey(scope, draw.percent(25) ? draw.pick(aliases) : field, field, arguments_);
  return [key, scope.get(key) ?? { name: field, arguments: arguments_, below: new Map() }];
}

function drawName({ draw, left }: SelectionDrawing, type: GraphQLObjectType, depth: number): string {
  if (type.name !== 'Query' && draw.percent(8)) return '__typename';
  const fields = Object.values(type.getFields()).filter((field) => isAsked(type.name, field.name));
  const [leaves, objects] = [true, false].map((isLeaf) =>
    fields.filter((field) => isLeafType(getNamedType(field.type)) === isLeaf),
  ) as [typeof fields, typeof fields];
  // A type without leaves has them below.
  if ((depth <= 0 || left <= 0) && leaves.length > 0) return draw.pick(leaves).name;
  return draw.pick(objects.length > 0 && draw.percent(45) ? objects : fields).name;
}

function drawDirectives(drawing: Drawing): DirectiveNode[] {
  const { draw } = drawing;
  return ['skip', 'include'].flatMap((directive): DirectiveNode[] => {
    if (!draw.percent(5)) return [];
    const type = new GraphQLNonNull(GraphQLBoolean);
    const value = written(drawing, drawInput(drawing, type), type);
    return [
      { kind: Kind.DIRECTIVE, name: name(directive), arguments: [{ kind: Kind.ARGUMENT, name: name('if'), value }] },
    ];
  });
}

/** The key, where nothing else has it; else one like it. */
function freeKey(scope: Scope, wanted: string, field: string, arguments_: readonly ArgumentNode[]): string {
  for (let key = wanted, count = 2; ; key = `${wanted}_${count++}`) {
    const other = scope.get(key);
    if (other === undefined || (other.name === field && sameArguments(other.arguments, arguments_))) return key;
  }
}

/** True where a fragment's fields can stand beside those of the scope. */
function merges(scope: Scope, fragment: Scope): boolean {
  return [...fragment].every(([key, entry]) => {
    const other = scope.get(key);
    if (other === undefined) return true;
    return (
      other.name === entry.name && sameArguments(other.arguments, entry.arguments) && merges(other.below, entry.below)
    );
  });
}

function merge(scope: Scope, fragment: Scope): void {
  for (const [key, entry] of fragment) {
    const known = scope.get(key) ?? { ...entry, below: new Map() };
    scope.set(key, known);
    merge(known.below, entry.below);
  }
}

function sameArguments(some: readonly ArgumentNode[], others: readonly ArgumentNode[]): boolean {
  return some.map(print).join() === others.map(print).join();
}

function name(value: string): NameNode {
  return { kind: Kind.NAME, value };
}
