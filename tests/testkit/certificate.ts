import { generateKeyPairSync, sign } from 'node:crypto';

/** A certificate for 127.0.0.1 that trusts itself, made anew: X.509 (RFC 5280) in DER, an elliptic key on P-256. */
export function certificate(): { readonly key: string; readonly cert: string } {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const ecdsaWithSha256 = tagged(0x30, objectId('2a8648ce3d040302'));
  const name = tagged(0x30, tagged(0x31, tagged(0x30, objectId('550403'), tagged(0x0c, Buffer.from('127.0.0.1')))));
  const extension = (id: string, value: Buffer): Buffer => tagged(0x30, objectId(id), tagged(0x04, value));
  const isAuthority = extension('551d13', tagged(0x30, tagged(0x01, Buffer.from([0xff]))));
  const addresses = extension('551d11', tagged(0x30, tagged(0x87, Buffer.from([127, 0, 0, 1]))));
  const body = tagged(
    0x30,
    tagged(0xa0, tagged(0x02, Buffer.from([2]))),
    tagged(0x02, Buffer.from([1])),
    ecdsaWithSha256,
    name,
    tagged(0x30, time('20200101000000Z'), time('21000101000000Z')),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    tagged(0xa3, tagged(0x30, isAuthority, addresses)),
  );
  const signature = tagged(0x03, Buffer.from([0]), sign('sha256', body, privateKey));
  const der = tagged(0x30, body, ecdsaWithSha256, signature).toString('base64');
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    cert: `-----BEGIN CERTIFICATE-----\n${der.replaceAll(/.{64}/g, '$&\n')}\n-----END CERTIFICATE-----\n`,
  };
}

function objectId(hex: string): Buffer {
  return tagged(0x06, Buffer.from(hex, 'hex'));
}

function time(text: string): Buffer {
  return tagged(0x18, Buffer.from(text));
}

function tagged(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}
