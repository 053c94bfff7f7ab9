import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { Secrets } from './secrets.ts';

/** A payload as Temporal has them. */
export interface Payload {
  readonly metadata?: Readonly<Record<string, Uint8Array>> | null;
  readonly data?: Uint8Array | null;
}

/** Encrypts what goes to Temporal, and decrypts what comes from there: its PayloadCodec. */
export interface PayloadCodec {
  encode(payloads: readonly Payload[]): Promise<Payload[]>;
  /** What is not encrypted stays as it is: histories from before there was a key are read. Throws where its key is not known. */
  decode(payloads: readonly Payload[]): Promise<Payload[]>;
}

interface PayloadKey {
  readonly id: string;
  readonly key: Uint8Array;
}

const ENCODING = 'binary/encrypted';
const KEY_ID = 'encryption-key-id';
const CIPHER = 'aes-256-gcm';
const [IV_BYTES, TAG_BYTES, KEY_BYTES] = [12, 16, 32];

/**
 * The codec of the keys in `WEFT_PAYLOAD_KEYS`, or of the secret `PAYLOAD_KEYS`, which goes first: `id:base64,id:base64`, of 32 bytes each. The first
 * encrypts, all decrypt. Null where there are none; throws where they are not in order, without saying them.
 */
export function payloadCodec(secrets: Secrets, listed: string | undefined): PayloadCodec | null {
  const text = (secrets('PAYLOAD_KEYS') ?? listed ?? '').trim();
  if (text === '') return null;
  const keys = text.split(/[\s,]+/).map(readKey);
  const [first] = keys;
  if (first === undefined || new Set(keys.map(({ id }) => id)).size < keys.length)
    throw new Error('WEFT_PAYLOAD_KEYS names a key twice.');
  const known = new Map(keys.map(({ id, key }) => [id, key]));
  return {
    encode: (payloads) => Promise.resolve(payloads.map((payload) => encrypted(payload, first))),
    decode: (payloads) => new Promise((resolve) => resolve(payloads.map((payload) => decrypted(payload, known)))),
  };
}

function readKey(text: string): PayloadKey {
  const [, id, base64] = /^([A-Za-z0-9._-]{1,64}):([A-Za-z0-9+/]+={0,2})$/.exec(text) ?? [];
  const key = Buffer.from(base64 ?? '', 'base64');
  if (id === undefined || key.length !== KEY_BYTES)
    throw new Error(
      `WEFT_PAYLOAD_KEYS is not as it must be: id:base64 with commas between, each key of ${KEY_BYTES} bytes (openssl rand -base64 32).`,
    );
  return { id, key };
}

function encrypted(payload: Payload, { id, key }: PayloadKey): Payload {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv(CIPHER, key, iv);
  cipher.setAAD(Buffer.from(id));
  const sealed = Buffer.concat([cipher.update(packed(payload)), cipher.final()]);
  return {
    metadata: { encoding: Buffer.from(ENCODING), [KEY_ID]: Buffer.from(id) },
    data: Buffer.concat([iv, cipher.getAuthTag(), sealed]),
  };
}

function decrypted(payload: Payload, known: ReadonlyMap<string, Uint8Array>): Payload {
  if (word(payload, 'encoding') !== ENCODING) return payload;
  const id = word(payload, KEY_ID);
  const key = known.get(id);
  if (key === undefined)
    throw new Error(
      `A payload is encrypted with the key ${JSON.stringify(id)}, which WEFT_PAYLOAD_KEYS does not name.`,
    );
  const data = Buffer.from(payload.data ?? new Uint8Array());
  try {
    const decipher = createDecipheriv(CIPHER, key, data.subarray(0, IV_BYTES));
    decipher.setAAD(Buffer.from(id)).setAuthTag(data.subarray(IV_BYTES, IV_BYTES + TAG_BYTES));
    return unpacked(Buffer.concat([decipher.update(data.subarray(IV_BYTES + TAG_BYTES)), decipher.final()]));
  } catch (cause) {
    throw new Error(`A payload is not of the key ${JSON.stringify(id)} that WEFT_PAYLOAD_KEYS has, or was altered.`, {
      cause,
    });
  }
}

/** The length of the metadata, the metadata as JSON, and the data as it is. */
function packed({ metadata, data }: Payload): Buffer {
  const named = Object.entries(metadata ?? {}).map(([name, value]) => [name, Buffer.from(value).toString('base64')]);
  const head = Buffer.from(JSON.stringify(Object.fromEntries(named)));
  const length = Buffer.alloc(4);
  length.writeUInt32BE(head.length);
  return Buffer.concat([length, head, data ?? new Uint8Array()]);
}

function unpacked(bytes: Buffer): Payload {
  const end = 4 + bytes.readUInt32BE(0);
  const named = JSON.parse(bytes.toString('utf8', 4, end)) as Record<string, string>;
  const metadata = Object.fromEntries(
    Object.entries(named).map(([name, value]) => [name, Buffer.from(value, 'base64')]),
  );
  return { metadata, data: bytes.subarray(end) };
}

function word({ metadata }: Payload, name: string): string {
  return Buffer.from(metadata?.[name] ?? new Uint8Array()).toString();
}
