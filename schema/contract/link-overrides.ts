import { Kind, parse, visit } from 'graphql';
import type { Say } from './link-finding.ts';
import type { Product } from './model.ts';

/**
 * A service may add fields to a managed type, and take fields over from another service (`@override`), but not those of managed
 * products: their domain answers for them.
 */
export function checkOverrides(products: readonly Product[], say: Say): void {
  const managed = new Set<string>(products.filter(({ kind }) => kind === 'managed').map(({ domain }) => domain));
  for (const product of products) {
    if (product.remote === null || !/\bfrom\s*:/.test(product.remote.sdl)) continue;
    for (const domain of new Set(overridden(product.remote.sdl)))
      if (managed.has(domain))
        say(
          { product },
          'OVERRIDE_MANAGED',
          `its schema.graphql takes fields over from ${domain} by @override; those of managed products stay with them: give the field another name.`,
        );
  }
}

/** Subgraphs that fields are taken over from, whatever the SDL calls the directive. */
function overridden(sdl: string): string[] {
  const from: string[] = [];
  visit(parse(sdl, { noLocation: true }), {
    FieldDefinition: ({ directives = [] }) => {
      for (const { name, value } of directives.flatMap((node) => node.arguments ?? []))
        if (name.value === 'from' && value.kind === Kind.STRING) from.push(value.value);
    },
  });
  return from;
}
