import {
  type DocumentNode,
  type FragmentDefinitionNode,
  Kind,
  OperationTypeNode,
  type SelectionSetNode,
} from 'graphql';
import { Refusal } from '../../schema/errors.ts';
import { fragmentsOf } from './fragments-of.ts';

/** Fields of an operation after its fragments are spread; a page of the console asks for some hundred. */
export const SELECTIONS_MAX = 10_000;
/** A page of a dashboard has some 30. Each root field is work of its own, however short it is spelled. */
const ROOTS_MAX = 200;

/** Refuses documents before they are validated: those of too many fields, and what validation cannot bear. */
export function requireWithinBounds(document: DocumentNode): void {
  const fragments = fragmentsOf(document);
  requireBoundedWidth(document, fragments);
  requireUnconditionalSubscriptions(document, fragments);
}

type Fragments = ReadonlyMap<string, FragmentDefinitionNode>;

/** Refuses documents of too many fields, and of too many at the root; fragments count where they are spread. */
function requireBoundedWidth({ definitions }: DocumentNode, fragments: Fragments): void {
  const sizes = new Map<string, { all: number; roots: number }>();
  const sizeOf = ({ selections }: SelectionSetNode): { all: number; roots: number } => {
    let [all, roots] = [0, 0];
    for (const node of selections) {
      if (node.kind === Kind.FIELD) {
        roots += 1;
        all += 1 + (node.selectionSet === undefined ? 0 : sizeOf(node.selectionSet).all);
        continue;
      }
      const inner = node.kind === Kind.INLINE_FRAGMENT ? sizeOf(node.selectionSet) : spread(node.name.value);
      all += inner.all;
      roots += inner.roots;
    }
    return { all, roots };
  };
  const spread = (name: string): { all: number; roots: number } => {
    const known = sizes.get(name);
    if (known !== undefined) return known;
    // A circle is left to validation.
    sizes.set(name, { all: 0, roots: 0 });
    const fragment = fragments.get(name);
    const size = fragment === undefined ? { all: 0, roots: 0 } : sizeOf(fragment.selectionSet);
    sizes.set(name, size);
    return size;
  };
  for (const node of definitions) {
    if (node.kind !== Kind.OPERATION_DEFINITION) continue;
    const { all, roots } = sizeOf(node.selectionSet);
    if (all > SELECTIONS_MAX)
      throw new Refusal('BAD_INPUT', `The operation asks for more than ${SELECTIONS_MAX} fields: ask in several.`);
    if (roots > ROOTS_MAX)
      throw new Refusal('BAD_INPUT', `The operation has more than ${ROOTS_MAX} fields at its root: ask in several.`);
  }
}

/** Refuses @skip and @include at the root of a subscription, as GraphQL does (5.2.4.1); where they have a variable, its validation throws. */
function requireUnconditionalSubscriptions({ definitions }: DocumentNode, fragments: Fragments): void {
  const seen = new Set<SelectionSetNode>();
  const check = (selectionSet: SelectionSetNode | undefined): void => {
    if (selectionSet === undefined || seen.has(selectionSet)) return;
    seen.add(selectionSet);
    for (const node of selectionSet.selections) {
      if (node.directives?.some(({ name }) => name.value === 'skip' || name.value === 'include'))
        throw new Refusal(
          'BAD_INPUT',
          'The root of a subscription takes no @skip and no @include: it is always asked for.',
        );
      if (node.kind === Kind.INLINE_FRAGMENT) check(node.selectionSet);
      if (node.kind === Kind.FRAGMENT_SPREAD) check(fragments.get(node.name.value)?.selectionSet);
    }
  };
  for (const node of definitions)
    if (node.kind === Kind.OPERATION_DEFINITION && node.operation === OperationTypeNode.SUBSCRIPTION)
      check(node.selectionSet);
}
