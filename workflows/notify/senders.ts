import type { Senders } from './sender.ts';

/** A sender for each kind of channel. What none is there for waits for a worker that has one. */
export function senders(): Senders {
  return {};
}
