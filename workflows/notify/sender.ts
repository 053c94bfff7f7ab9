import type { Delivery } from '../../schema/ledger/deliveries.ts';

/**
 * Sends one delivery of a channel, until `signal` fires. Resolves once the receiver has it. Throws Undeliverable where another attempt
 * would do no better, NotNow where the receiver says when; after any other error it is sent again.
 */
export type Sender = (delivery: Delivery, signal: AbortSignal) => Promise<void>;

/** By the names of channels. */
export type Senders = Readonly<Record<string, Sender>>;

/** It will never be taken: its reason is kept, and must say nothing secret. */
export class Undeliverable extends Error {}

/** The receiver is busy, and wants to be left alone for so long. */
export class NotNow extends Error {
  readonly waitSeconds: number;

  constructor(message: string, waitSeconds: number) {
    super(message);
    this.waitSeconds = waitSeconds;
  }
}
