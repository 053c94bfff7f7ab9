import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';

interface Service {
  readonly image?: string;
  readonly build?: unknown;
  readonly command?: readonly string[];
  readonly ports?: readonly string[];
  readonly networks: readonly string[];
  readonly restart?: string;
  readonly volumes?: readonly string[];
  readonly healthcheck?: { readonly test?: readonly string[]; readonly disable?: boolean };
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly environment?: Readonly<Record<string, string>>;
}

const root = fileURLToPath(new URL('../../', import.meta.url));
const text = readFileSync(join(root, 'docker-compose.yml'), 'utf8');
const compose = parse(text, { merge: true }) as {
  readonly services: Readonly<Record<string, Service>>;
  readonly networks: Readonly<Record<string, { readonly internal?: boolean }>>;
  readonly volumes: Readonly<Record<string, unknown>>;
};
const services = Object.entries(compose.services);

function service(name: string): Service {
  const found = compose.services[name];
  if (found === undefined) throw new Error(`docker-compose.yml has no service ${name}`);
  return found;
}

/** `[major, minor, patch]` of an image's tag. */
function version(image: string | undefined): readonly number[] {
  return (image?.split(':')[1] ?? '').split('.').map(Number);
}

describe('docker-compose.yml', () => {
  test('Postgres, Temporal with its UI, worker and gateway are separate services', () => {
    const names = services.map(([name]) => name);
    expect(names).toEqual(expect.arrayContaining(['postgres', 'temporal', 'temporal-ui', 'worker', 'gateway']));
    expect(service('worker').command).toEqual(['worker']);
    expect(service('gateway').command).toEqual(['gateway']);
  });

  test('every image that is not built here is pinned to a version', () => {
    const loose = services.filter(([, { image, build }]) => build === undefined && !/:\d+\.\d+/.test(image ?? ''));
    expect(loose).toEqual([]);
  });

  test('the Temporal server is none with CVE-2026-5199, and its schema is made by its own version', () => {
    const [major = 0, minor = 0, patch = 0] = version(service('temporal').image);
    const fixed = major === 1 && (minor > 30 || (minor === 30 && patch >= 3) || (minor === 29 && patch >= 5));
    expect(fixed).toBe(true);
    expect(version(service('temporal-schema').image)).toEqual([major, minor, patch]);
  });

  test('only the gateway and the Temporal UI are published, on loopback unless told otherwise', () => {
    const published = Object.fromEntries(services.flatMap(([name, { ports }]) => (ports ? [[name, ports]] : [])));
    expect(published).toEqual({
      gateway: ['${WEFT_BIND:-127.0.0.1}:${WEFT_PORT:-4000}:4000'],
      'temporal-ui': ['127.0.0.1:${WEFT_TEMPORAL_UI_PORT:-8233}:8080'],
    });
  });

  test('Temporal is out of reach of the gateway and of Postgres, where domains run their SQL', () => {
    const together = (one: string, other: string): boolean =>
      service(one).networks.some((network) => service(other).networks.includes(network));
    expect(together('gateway', 'temporal')).toBe(false);
    expect(together('postgres', 'temporal')).toBe(false);
    expect(together('postgres', 'temporal-postgres')).toBe(false);
    expect(together('worker', 'temporal')).toBe(true);
    for (const network of ['data', 'temporal', 'temporal-store'])
      expect(compose.networks[network]?.internal).toBe(true);
  });

  test('whoever stays up starts again by itself, and says whether it is well', () => {
    const staying = services.filter(([name]) => !['temporal-schema', 'temporal-namespace'].includes(name));
    for (const [, { restart }] of staying) expect(restart).toBe('unless-stopped');
    for (const name of ['postgres', 'temporal-postgres', 'temporal'])
      expect(service(name).healthcheck?.test).toBeDefined();
    expect(readFileSync(join(root, 'Dockerfile'), 'utf8')).toMatch(/^HEALTHCHECK[^]*\/healthz/m);
  });

  test('services wait for what they need to be well, not merely started', () => {
    const waits = services.flatMap(([, { depends_on }]) => Object.entries(depends_on ?? {}));
    expect(waits.length).toBeGreaterThan(5);
    for (const [needed, { condition }] of waits) {
      expect(Object.keys(compose.services)).toContain(needed);
      expect(['service_healthy', 'service_completed_successfully']).toContain(condition);
    }
  });

  test('databases keep their data in named volumes, where PostgreSQL 18 looks for them', () => {
    for (const name of ['postgres', 'temporal-postgres']) {
      expect(service(name).volumes).toEqual([`${name}:/var/lib/postgresql`]);
      expect(compose.volumes).toHaveProperty(name);
    }
  });

  test('no secret is written down: each is required from the environment and named in .env.example', () => {
    const example = readFileSync(join(root, '.env.example'), 'utf8');
    const required = new Set([...text.matchAll(/\$\{(\w+):\?/g)].map(([, name = '']) => name));
    expect([...required].sort()).toEqual(['POSTGRES_PASSWORD', 'TEMPORAL_POSTGRES_PASSWORD', 'WEFT_ADMIN_KEY']);
    for (const name of required) expect(example).toMatch(new RegExp(`^${name}=$`, 'm'));
    for (const [, name = ''] of text.matchAll(/\$\{(\w+):-/g))
      expect(name === 'WEFT_VERSION' || example.includes(`#${name}=`)).toBe(true);
    const written = services.flatMap(([, { environment }]) =>
      Object.entries(environment ?? {}).filter(
        ([name, value]) => /PASSWORD|PWD|KEY|SECRET/.test(name) && !value.startsWith('${'),
      ),
    );
    expect(written).toEqual([]);
  });
});

const client = [['docker', 'compose'], ['docker-compose']].find(([command = '', ...rest]) => {
  // Compose 1 (Python) says "docker-compose version"; it knows neither inline configs nor merges of this form.
  const { status, stdout } = spawnSync(command, [...rest, 'version'], { encoding: 'utf8' });
  return status === 0 && stdout.startsWith('Docker Compose');
});

const withClient = client === undefined ? describe.skip : describe;

withClient(
  `docker compose config${client === undefined ? ' (skipped: Docker Compose 2 is not installed)' : ''}`,
  () => {
    const [command = '', ...rest] = client ?? [];
    let folder = '';

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'weft-compose-'));
      await writeFile(
        join(folder, 'full.env'),
        'POSTGRES_PASSWORD=one\nTEMPORAL_POSTGRES_PASSWORD=two\nWEFT_ADMIN_KEY=three\n',
      );
      await writeFile(join(folder, 'empty.env'), '');
    });
    afterAll(() => rm(folder, { recursive: true }));

    const config = (environmentFile: string): { status: number | null; stdout: string; stderr: string } =>
      spawnSync(command, [...rest, '--env-file', join(folder, environmentFile), 'config', '--format', 'json'], {
        cwd: root,
        encoding: 'utf8',
        env: { PATH: process.env['PATH'], HOME: process.env['HOME'] },
      });

    test('takes the file with the required values given', () => {
      const { status, stdout, stderr } = config('full.env');
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
      const resolved = JSON.parse(stdout) as { services: Record<string, { environment?: Record<string, string> }> };
      expect(resolved.services['worker']?.environment?.['DATABASE_URL']).toBe('postgres://weft:one@postgres:5432/weft');
    });

    test('refuses it while a required value is missing', () => {
      const { status, stderr } = config('empty.env');
      expect(status).not.toBe(0);
      expect(stderr).toContain('set it in .env');
    });
  },
);
