import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { gatewayConfig } from '../../gateway/config.ts';
import { temporaryHome } from '../testkit/temporary-home.ts';

const DATABASE_URL = 'postgres://weft:secret@127.0.0.1:5432/weft';
const WEFT_ADMIN_KEY = 'sixteen_letters_or_more';

test('every fault of the environment is named at once, and no secret with it', () => {
  const read = () =>
    gatewayConfig({
      PORT: '70000',
      DATABASE_URL: 'mysql://secret',
      WEFT_ADMIN_KEY: 'short',
      WEFT_TEMPORAL_UI_URL: 'x',
    });
  expect(read).toThrow(/PORT.*DATABASE_URL.*WEFT_ADMIN_KEY.*WEFT_TEMPORAL_UI_URL/);
  expect(read).not.toThrow(/secret|: short/);
});

test('an empty variable counts as not set', () => {
  const config = gatewayConfig({ DATABASE_URL, WEFT_ADMIN_KEY, HOST: '', PORT: '', WEFT_TEMPORAL_UI_URL: '' });
  expect(config).toMatchObject({ host: '127.0.0.1', port: 4000, loopbackOnly: true, temporalUi: null });
});

test('whoever listens beyond loopback does not count as local', () => {
  for (const HOST of ['0.0.0.0', '::', '10.0.0.7', 'weft.example'])
    expect(gatewayConfig({ DATABASE_URL, WEFT_ADMIN_KEY, HOST }).loopbackOnly).toBe(false);
});

test('the key that is kept in WEFT_HOME is taken, unless it is no key', () => {
  const home = temporaryHome();
  expect(() => gatewayConfig({ DATABASE_URL, WEFT_HOME: home })).toThrow(/No admin key/);
  writeFileSync(join(home, 'admin.key'), `${WEFT_ADMIN_KEY}\n`);
  expect(gatewayConfig({ DATABASE_URL, WEFT_HOME: home }).adminKey).toBe(WEFT_ADMIN_KEY);
  for (const broken of ['', '\n', 'short\n', 'has a space within it\n']) {
    writeFileSync(join(home, 'admin.key'), broken);
    expect(() => gatewayConfig({ DATABASE_URL, WEFT_HOME: home })).toThrow(/admin\.key/);
  }
  rmSync(home, { recursive: true });
});
