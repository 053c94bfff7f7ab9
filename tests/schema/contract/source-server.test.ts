import { describe, expect, test } from '@jest/globals';

import type { OdcsServer } from '../../../schema/contract/odcs-server.ts';
import { readSource } from '../../../schema/contract/object.ts';
import { reporter } from '../../../schema/contract/report.ts';
import { checkSourceServer } from '../../../schema/contract/source-server.ts';
import type { Finding } from '../../../schema/findings.ts';

function found(server: object, settings: Record<string, unknown> = {}): string[] {
  const findings: Finding[] = [];
  const report = reporter(findings, 'source.odcs.yaml', null);
  const object = readSource(
    { name: 'things', properties: [{ name: 'id', logicalType: 'integer' }] },
    { path: ['schema', 0], report },
  );
  const customProperties = Object.entries(settings).map(([property, value]) => ({ property, value }));
  // Two objects of one server: what is wrong with it is said once.
  checkSourceServer({ server: 'files', ...server, customProperties } as OdcsServer, [object, object], report);
  return findings.map(({ code, message }) => `${code}: ${message}`);
}

const CSV = { type: 'local', path: 'things.csv', format: 'csv' };
const HTTP = { type: 'custom', location: 'https://files.example.com/things.csv', format: 'csv' };
const S3 = { type: 's3', location: 's3://lake/things/*.parquet', format: 'parquet' };

describe('the server of a source is checked before anything is read from it', () => {
  test.each<[string, object, Record<string, unknown>]>([
    ['a local file', CSV, { header: false, quote: 'none', comment: '#', decimal: ',', nulls: ['-', 'N/A'], skip: 2 }],
    ['an Excel workbook', { ...CSV, format: 'xlsx' }, { sheet: 'Things', headerRow: 3 }],
    ['a file over HTTP', HTTP, { headers: { Authorization: 'Bearer ${secret:EXPORT}', Accept: 'text/csv' } }],
    ['an address with a secret in it', { ...HTTP, location: `${HTTP.location}?sig=\${secret:EXPORT}` }, {}],
    ['a file over HTTP that may take its time', HTTP, { timeoutSeconds: 7_200, silentSeconds: 300 }],
    ['an open bucket', S3, {}],
    [
      'a bucket with credentials',
      S3,
      { accessKeyId: 'AKIA', secretAccessKey: '${secret:LAKE}', region: 'eu-central-1' },
    ],
    ['a server of another type, of which nothing is known here', { type: 'kafka', host: 'k', format: 'avro' }, {}],
    ['a custom server that is no file', { type: 'custom', location: 'wss://events.example.com' }, {}],
  ])('%s that is in order', (_name, server, settings) => {
    expect(found(server, settings)).toEqual([]);
  });

  test.each<[string, object, Record<string, unknown>, RegExp]>([
    ['an unknown format', { ...CSV, format: 'yaml' }, {}, /^SERVER_FORMAT: .*"yaml"; Weft reads csv, tsv/],
    ['a format that is a word of every object', { ...CSV, format: 'constructor' }, {}, /^SERVER_FORMAT/],
    ['an unknown encoding', { ...CSV, encoding: 'klingon' }, {}, /^SERVER_ENCODING: .*"klingon"/],
    [
      'a delimiter of two letters',
      CSV,
      { delimiter: '||' },
      /^SERVER_DIALECT: .*as delimiter, which must be one letter/,
    ],
    [
      'a header that is a text',
      CSV,
      { header: 'no' },
      /^SERVER_DIALECT: .*"no" as header, which must be true or false/,
    ],
    ['a decimal sign that is none', CSV, { decimal: ';' }, /^SERVER_DIALECT: .*decimal/],
    ['a row of the header that is none', { ...CSV, format: 'xlsx' }, { headerRow: 0 }, /^SERVER_DIALECT: .*headerRow/],
    ['a header in clear', HTTP, { headers: { 'X-API-Key': 'abc' } }, /^SERVER_SECRET: .*the header X-API-Key/],
    ['a header that cannot be sent', HTTP, { headers: { 'X Y': 'abc' } }, /^SERVER_HEADERS/],
    [
      'a parameter in clear',
      { ...HTTP, location: `${HTTP.location}?sig=abc` },
      {},
      /^SERVER_SECRET: .*the parameter sig/,
    ],
    [
      'a password in an address',
      { ...HTTP, location: 'https://me:pw@files.example.com/x' },
      {},
      /^SERVER_SECRET: .*a user or password/,
    ],
    ['a silence without end', S3, { silentSeconds: 86_400 }, /^SETTING_INVALID: .*silentSeconds/],
    ['a secret for a host', { ...HTTP, location: 'https://${secret:HOST}/x' }, {}, /^SERVER_LOCATION/],
    ['a location without a key', { ...S3, location: 's3://lake' }, {}, /^SERVER_LOCATION: .*s3:\/\/bucket\/folder/],
    ['a key that steps up', { ...S3, location: 's3://lake/../other/things.csv' }, {}, /^SERVER_LOCATION/],
    ['half of the credentials', S3, { accessKeyId: 'AKIA' }, /^SERVER_CREDENTIALS/],
    [
      'a key in clear',
      S3,
      { accessKeyId: 'AKIA', secretAccessKey: 'abc' },
      /^SERVER_SECRET: .*secretAccessKey must be a reference/,
    ],
    [
      'a secret that is sent unencrypted',
      { ...HTTP, location: 'http://files.example.com/x' },
      { headers: { Authorization: '${secret:EXPORT}' } },
      /^SERVER_UNENCRYPTED/,
    ],
  ])('%s is told, once', (_name, server, settings, message) => {
    expect(found(server, settings)).toEqual([expect.stringMatching(message)]);
  });
});
