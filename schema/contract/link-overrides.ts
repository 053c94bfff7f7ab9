import { Kind, parse, visit } from 'graphql';
import type { Say } from './link-finding.ts';
import type { Product } from './model.ts';
import { subgraphName } from './subgraph-name.ts';

/**
 * A service may add fields to a managed type, and take fields over from another service (`@override`), but not those of managed
 * products: their domain answers for them. Where there is no such service, composition would take nothing over and not say so.
 */
export function checkOverrides(products: readonly Product[], say: Say): void {
  const managed = new Set<string>(products.filter(({ kind }) => kind !== 'remote').map(subgraphName));
  const services = new Set<string>(products.filter(({ kind }) => kind === 'remote').map(({ id }) => id));
  for (const product of products) {
    if (product.remote === null || !/\bfrom\s*:/.test(product.remote.sdl)) continue;
    for (const [from, isOverride] of overridden(product.remote.sdl))
      if (managed.has(from))
        say(
          { product },
          'OVERRIDE_MANAGED',
          `its schema.graphql takes fields over from ${from} by @override; those of managed products stay with them: give the field another name.`,
        );
      else if (isOverride && !services.has(from)) {
        const meant = [...services].filter((id) => id.endsWith(`/${from}`));
        say(
          { product },
          'OVERRIDE_UNKNOWN',
          `its schema.graphql takes fields over from ${JSON.stringify(from)}, which is no service of the mesh, so that nothing is taken over; a service is called by its product's id${meant.length === 0 ? '' : `: ${meant.join(' or ')}`}.`,
          'warning',
        );
      }
  }
}

/** Subgraphs that fields are taken over from, whatever the SDL calls the directive; true where it is called `@override`. */
function overridden(sdl: string): Map<string, boolean> {
  const from = new Map<string, boolean>();
  visit(parse(sdl, { noLocation: true }), {
    FieldDefinition: ({ directives = [] }) => {
      for (const directive of directives) {
        const value = directive.arguments?.find(({ name }) => name.value === 'from')?.value;
        if (value?.kind !== Kind.STRING) continue;
        const isOverride = /^(?:\w+__)?override$/.test(directive.name.value);
        from.set(value.value, isOverride || from.get(value.value) === true);
      }
    },
  });
  return from;
}
