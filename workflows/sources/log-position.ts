/** How far a reader of a Postgres' log has come: its slot there, and the place up to which all was read. */
export interface Position {
  readonly slot: string;
  /** As Postgres writes it: `0/16B3748`. */
  readonly lsn: string;
}

/** As the ledger keeps it: `weft_sales_orders__1a2b3c4d@0/16B3748`. */
export function positionText({ slot, lsn }: Position): string {
  return `${slot}@${lsn}`;
}

/** Reads it; throws what is none. */
export function positionOf(text: string): Position {
  const [, slot, lsn] = /^([a-z0-9_]+)@([0-9A-F]+\/[0-9A-F]+)$/i.exec(text) ?? [];
  if (slot === undefined || lsn === undefined) throw new Error(`The ledger holds a position that is none: ${text}`);
  return { slot, lsn };
}

/** True where the one place comes after the other. */
export function isLater(lsn: string, than: string): boolean {
  return numberOf(lsn) > numberOf(than);
}

/** The same place as Postgres writes it: without zeros in front. */
export function plainLsn(lsn: string): string {
  const number = numberOf(lsn);
  return `${(number >> 32n).toString(16)}/${(number & 0xffffffffn).toString(16)}`.toUpperCase();
}

function numberOf(lsn: string): bigint {
  const [high = '0', low = '0'] = lsn.split('/');
  return (BigInt(`0x${high}`) << 32n) | BigInt(`0x${low}`);
}
