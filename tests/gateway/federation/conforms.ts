import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { type Answer, gatewayHere, type GatewayHere, type Outcome, type Tree } from '../gateway-here.ts';
import { remoteFolder } from '../product-text.ts';
import { type ServiceText, type SubgraphService, subgraphService } from './subgraph-service.ts';

/** One operation and its right answer. */
export interface Case {
  /** A sentence: what clients may rely on. */
  readonly that: string;
  readonly ask: string;
  readonly variables?: object;
  /** Who asks; anonymous where none is named. */
  readonly by?: 'admin';
  readonly data: Tree;
  /** What each error has at least; none where none are named. */
  readonly errors?: readonly Tree[];
  /** How often services may be asked for it, where it is the feature that they need not be. */
  readonly asked?: Readonly<Record<string, number>>;
  /** True while the gateway still falls short of it. */
  readonly failing?: boolean;
}

/** A feature of federation: services, published as remote products, and what their graph answers. */
export interface Feature {
  readonly feature: string;
  /** By the product's name, in the order of publishing. */
  readonly services: Readonly<Record<string, ServiceText>>;
  readonly cases: readonly Case[];
  /** More than a table can say. */
  readonly more?: (here: () => Federated) => void;
}

/** A gateway over the services of a feature. */
export interface Federated {
  readonly gateway: GatewayHere;
  readonly services: ReadonlyMap<string, SubgraphService>;
}

/** Publishes the services of a feature to a gateway of its own, and asks it what stands in the table. */
export function conforms({ feature, services: texts, cases, more }: Feature): void {
  describe(feature, () => {
    let opened: GatewayHere | undefined;
    const gateway = (): GatewayHere => opened!;
    let outcome: Outcome | undefined;
    const services = new Map<string, SubgraphService>();
    beforeAll(async () => {
      for (const [name, text] of Object.entries(texts)) services.set(name, await subgraphService(text));
      opened = await gatewayHere();
      outcome = await opened.publish(
        Object.entries(texts).map(([name, { sdl }]) => remoteFolder(name, services.get(name)!.url, sdl)),
      );
    });
    afterAll(async () => {
      await opened?.close();
      for (const service of services.values()) await service.close();
    });
    beforeEach(() => {
      for (const { asked } of services.values()) asked.length = 0;
    });

    test('its services are one graph', () => {
      expect(outcome).toMatchObject({ __typename: 'Published', findings: [] });
    });
    for (const one of cases)
      (one.failing === true ? test.failing : test)(one.that, async () => {
        const { ask, order } = gateway();
        const answer = await (one.by === 'admin' ? order : ask)(one.ask, one.variables);
        expect(bare(answer)).toEqual({ data: one.data, errors: (one.errors ?? []).map(atLeast) });
        for (const [name, times] of Object.entries(one.asked ?? {}))
          expect([name, services.get(name)!.asked.map(({ query }) => query)]).toEqual([
            name,
            Array(times).fill(expect.any(String)),
          ]);
      });
    more?.(() => ({ gateway: gateway(), services }));
  });
}

function bare({ data = null, errors = [] }: Answer): { data: Tree; errors: Tree } {
  return { data, errors };
}

function atLeast(error: Tree): unknown {
  const { extensions, message, ...rest } = error;
  return expect.objectContaining({
    ...rest,
    ...(message !== undefined && { message: message instanceof RegExp ? expect.stringMatching(message) : message }),
    ...(extensions !== undefined && { extensions: expect.objectContaining(extensions) }),
  });
}
