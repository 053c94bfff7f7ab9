import type { ObjectPlace } from './file-place.ts';
import type { PostgresServer } from './postgres-server.ts';

/** Where a product's published versions go out to, besides its own tables: a server of an output contract that says `deliver: true`. */
export interface Destination {
  /** The server's name; one of a kind in its product. */
  readonly name: string;
  /** Whose objects are delivered there. */
  readonly contractId: string;
  /** Besides what is public or has no classification: those of these. */
  readonly classifications: readonly string[];
  /** So many versions are kept as files; a database has the newest alone. */
  readonly keep: number;
  readonly to: DestinationPlace;
}

export type DestinationPlace =
  | { readonly kind: 'folder'; readonly path: string }
  | { readonly kind: 'store'; readonly place: ObjectPlace }
  | { readonly kind: 'database'; readonly dialect: 'postgres' | 'redshift'; readonly server: PostgresServer };
