import { Refusal } from '../../schema/errors.ts';

/** What is said to whoever asks for a subscription and takes one answer. */
export function needsStream(): Refusal {
  return new Refusal(
    'SUBSCRIPTION_NEEDS_STREAM',
    'A subscription is answered event by event: send `Accept: text/event-stream`, or open a WebSocket (graphql-transport-ws) at this address.',
  );
}
