import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
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

describe('traces', () => {
  const traces = (env: Record<string, string>) => gatewayConfig({ DATABASE_URL, WEFT_ADMIN_KEY, ...env }).traces;
  const OTEL_EXPORTER_OTLP_ENDPOINT = 'http://collector:4318/';

  test.each<[string, Record<string, string>]>([
    ['no receiver is named', { OTEL_TRACES_SAMPLER: 'always_on' }],
    ['the name of one is empty', { OTEL_EXPORTER_OTLP_ENDPOINT: '', OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: '' }],
    ['no exporter is wanted', { OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_TRACES_EXPORTER: 'none' }],
    ['nothing of OpenTelemetry is wanted', { OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_SDK_DISABLED: 'TRUE' }],
  ])('are off where %s', (_name, env) => {
    expect(traces(env)).toBeNull();
  });

  test('go to the receiver that is named, as the standard variables say', () => {
    expect(traces({ OTEL_EXPORTER_OTLP_ENDPOINT })).toEqual({
      url: 'http://collector:4318/v1/traces',
      headers: {},
      timeoutMs: 10_000,
      compress: false,
      resource: { 'service.name': 'weft-gateway' },
      sampler: { name: 'parentbased_always_on', argument: 1 },
      trusts: 'known',
      batch: { delayMs: 5_000, queueMax: 2_048, sizeMax: 512 },
    });
    expect(
      traces({
        OTEL_EXPORTER_OTLP_ENDPOINT,
        OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'https://traces.example/in',
        OTEL_EXPORTER_OTLP_HEADERS: 'a=1,authorization=Bearer%20x%3D',
        OTEL_EXPORTER_OTLP_TRACES_HEADERS: 'a = 2',
        OTEL_EXPORTER_OTLP_COMPRESSION: 'gzip',
        OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=test,service.name=other',
        OTEL_SERVICE_NAME: 'graph',
        OTEL_TRACES_SAMPLER: 'traceidratio',
        OTEL_TRACES_SAMPLER_ARG: '0.25',
        OTEL_BSP_MAX_QUEUE_SIZE: '100',
        WEFT_TRACE_PARENTS: 'all',
      }),
    ).toMatchObject({
      url: 'https://traces.example/in',
      headers: { a: '2', authorization: 'Bearer x=' },
      compress: true,
      resource: { 'service.name': 'graph', 'deployment.environment.name': 'test' },
      sampler: { name: 'traceidratio', argument: 0.25 },
      trusts: 'all',
      batch: { queueMax: 100, sizeMax: 100 },
    });
  });

  test('that cannot be sent as asked are refused, every fault at once, and no secret with it', () => {
    const read = () =>
      traces({
        OTEL_EXPORTER_OTLP_ENDPOINT: 'collector',
        OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc',
        OTEL_EXPORTER_OTLP_HEADERS: 'secret',
        OTEL_TRACES_SAMPLER_ARG: '2',
        OTEL_TRACES_EXPORTER: 'zipkin',
      });
    expect(read).toThrow(/OTLP_ENDPOINT.*OTLP_HEADERS.*OTLP_PROTOCOL.*SAMPLER_ARG.*TRACES_EXPORTER/);
    expect(read).not.toThrow(/secret/);
  });
});
