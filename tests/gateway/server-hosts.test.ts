import { expect, test } from '@jest/globals';
import { serverHostFindings } from '../../gateway/publishing/server-hosts.ts';
import { readProduct } from '../../schema/contract/read.ts';
import { edited, folderOf } from './product-text.ts';

const postgres = (host: string, port = '5432'): string =>
  `{ server: crm, type: postgres, host: '${host}', port: ${port}, database: crm, schema: public, customProperties: [${[
    '{ property: user, value: reader }',
    "{ property: password, value: '${secret:CRM_PASSWORD}' }",
  ].join(', ')}] }`;

function found(server: string, rules: { loopbackOnly?: boolean; allowedHosts?: string[] } = {}) {
  const folder = edited(folderOf({ domain: 'sales', name: 'leads' }), 'source.odcs.yaml', (text) =>
    text.replace(/\{ server: file.*\}/, server),
  );
  const { product, findings } = readProduct(folder.files, { folder: 'leads' });
  if (product === null) throw new Error(JSON.stringify(findings));
  return serverHostFindings(product, { loopbackOnly: false, allowedHosts: [], ...rules });
}

test.each([
  postgres('127.0.0.1'),
  postgres('2130706433'),
  postgres('0x7f.1'),
  postgres('::1'),
  postgres('localhost'),
  postgres('169.254.169.254'),
  postgres('10.0.0.5'),
  postgres('192.168.1.1'),
  postgres('fd00:ec2::254'),
  postgres('crm.example'),
  postgres('a.example/x'),
  postgres('a.example@10.0.0.5'),
  postgres('${secret:HOST}'),
  postgres('crm.example, 10.0.0.1'),
  "{ server: web, type: custom, location: 'http://169.254.169.254/latest' }",
  "{ server: files, type: sftp, location: 'sftp://10.0.0.5/x' }",
  "{ server: web, type: custom, endpointUrl: 'https://me:secret@crm.example/' }",
  "{ server: stream, type: kafka, host: 'a.example:9092,10.0.0.5:9092' }",
])('a source at %s is refused where nobody allowed it', (server) => {
  const findings = found(server, { allowedHosts: ['a.example'] });
  expect(findings.length).toBeGreaterThan(0);
  for (const finding of findings)
    expect(finding).toMatchObject({ code: 'SERVER_HOST', severity: 'error', file: 'source.odcs.yaml', line: 7 });
});

test.each([
  [postgres('crm.example'), { allowedHosts: ['crm.example'] }],
  [postgres('CRM.example'), { allowedHosts: ['crm.example:5432'] }],
  [postgres('10.0.0.5'), { allowedHosts: ['10.0.0.5'] }],
  [postgres('::1'), { allowedHosts: ['[::1]:5432'] }],
  [postgres('127.0.0.1'), { loopbackOnly: true }],
  ["{ server: stream, type: kafka, host: 'a.example:9092,b.example' }", { allowedHosts: ['a.example', 'b.example'] }],
  [
    "{ server: lake, type: s3, location: 's3://bucket/path', format: csv, customProperties: [{ property: accessKeyId, value: '${secret:KEY}' }, { property: secretAccessKey, value: '${secret:SECRET}' }, { property: region, value: eu-central-1 }] }",
    {},
  ],
  ['{ server: file, type: local, path: rows.csv, format: csv }', {}],
])('a source at %s is taken where it is allowed', (server, rules) => {
  expect(found(server, rules)).toEqual([]);
});
