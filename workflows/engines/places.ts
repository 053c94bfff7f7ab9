/** Places for work that is heavy, given out fairly between domains. */
export interface Places {
  /** Resolves with what gives the place back, once there is one; rejects where `signal` fires before. */
  take(domain: string, signal: AbortSignal): Promise<() => void>;
  /** How much has a place now, and how much waits for one. */
  readonly counts: () => { readonly running: number; readonly waiting: number };
}

interface Waiting {
  readonly domain: string;
  readonly begin: () => void;
}

/**
 * At most `shared` places, which one domain may have all of, and one more for a domain that has none: so that nobody waits behind the
 * heavy work of one domain alone. Whoever has fewest comes next, and of those who came first.
 */
export function fairPlaces(shared: number): Places {
  const held = new Map<string, number>();
  const waiting: Waiting[] = [];
  const heldBy = (domain: string): number => held.get(domain) ?? 0;
  const taken = (): number => [...held.values()].reduce((sum, count) => sum + count, 0);
  const mayBegin = ({ domain }: Waiting): boolean => taken() < shared || (taken() === shared && heldBy(domain) === 0);

  const count = (domain: string, by: 1 | -1): void => {
    const now = heldBy(domain) + by;
    if (now === 0) held.delete(domain);
    else held.set(domain, now);
  };
  const beginNext = (): void => {
    const able = waiting.filter(mayBegin).sort((a, b) => heldBy(a.domain) - heldBy(b.domain));
    const [next] = able;
    if (next === undefined) return;
    waiting.splice(waiting.indexOf(next), 1);
    count(next.domain, 1);
    next.begin();
    beginNext();
  };

  return {
    take: async (domain, signal) => {
      signal.throwIfAborted();
      await new Promise<void>((resolve, reject) => {
        const leave = (): void => {
          waiting.splice(waiting.indexOf(own), 1);
          reject(
            signal.reason instanceof Error ? signal.reason : new Error('Called off while it waited for its turn.'),
          );
        };
        const begin = (): void => {
          signal.removeEventListener('abort', leave);
          resolve();
        };
        const own = { domain, begin };
        signal.addEventListener('abort', leave, { once: true });
        waiting.push(own);
        beginNext();
      });
      return () => {
        count(domain, -1);
        beginNext();
      };
    },
    counts: () => ({ running: taken(), waiting: waiting.length }),
  };
}
