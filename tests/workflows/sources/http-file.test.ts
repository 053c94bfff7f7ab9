import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';

import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';

import { httpFile } from '../../../workflows/sources/files/http-file.ts';
import { filesBy } from '../../../workflows/sources/files/open-files.ts';
import { PATIENCE } from '../../../workflows/sources/files/remote-file.ts';
import { zstd } from './packed-files.ts';
import { type ReadAsk, readSource } from './read-source.ts';

const SMALL = 'id,label\n1,one\n2,two\n';
/** Longer than what is looked at. */
const LARGE = 'id,label\n' + Array.from({ length: 40_000 }, (_, id) => `${id},thing ${id}\n`).join('');
const ETAG = '"v1"';

let server: Server;
let url: string;
let asked: IncomingMessage[];
let answer: (request: IncomingMessage, response: ServerResponse, nth: number) => void;

beforeEach(async () => {
  asked = [];
  server = createServer((request, response) => {
    asked.push(request);
    answer(request, response, asked.length);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const read = (
  more: Partial<ReadAsk> & { headers?: Record<string, string>; location?: string; format?: string } = {},
  patience = {},
) => {
  const { headers, location = `${url}/things.csv`, format = 'csv', ...ask } = more;
  return readSource({
    server: {
      type: 'custom',
      location,
      format,
      ...(headers && { customProperties: [{ property: 'headers', value: headers }] }),
    },
    columns: ['id: integer', 'label: string'],
    connector: filesBy(httpFile({ ...PATIENCE, pauseMs: 10, silenceMs: 2_000, ...patience })),
    ...ask,
  });
};

/** A file as a good server gives it: with its length, its state, and any part of it. */
function serve(content: string | Uint8Array, state: Record<string, string> = { etag: ETAG }) {
  const bytes = Buffer.from(content);
  return (request: IncomingMessage, response: ServerResponse): void => {
    const [, first, last] = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '') ?? [];
    const condition = request.headers['if-range']?.toString();
    if (first === undefined || (condition !== undefined && !Object.values(state).includes(condition))) {
      response.writeHead(200, { ...state, 'content-length': bytes.length }).end(bytes);
      return;
    }
    if (Number(first) >= bytes.length) return void response.writeHead(416).end();
    const end = Math.min(last === '' ? bytes.length - 1 : Number(last), bytes.length - 1);
    const part = bytes.subarray(Number(first), end + 1);
    response
      .writeHead(206, {
        ...state,
        'content-length': part.length,
        'content-range': `bytes ${first}-${end}/${bytes.length}`,
      })
      .end(part);
  };
}

/** Sends only the first `bytes` of what would be sent, and goes away. */
function cutting(content: string, bytes: number, state: Record<string, string> = { etag: ETAG }) {
  return (_request: IncomingMessage, response: ServerResponse): void => {
    response.writeHead(200, { ...state, 'content-length': Buffer.byteLength(content) });
    response.write(content.slice(0, bytes), () => response.destroy());
  };
}

describe('a file over HTTP', () => {
  test('is looked at by its first part and read once, of one state', async () => {
    answer = serve(LARGE, { etag: ETAG, 'last-modified': 'Thu, 29 Feb 2024 10:00:00 GMT' });
    const { rows, facts } = await read();
    expect(rows).toHaveLength(40_000);
    expect(facts).toEqual({
      file: `${url}/things.csv`,
      bytes: LARGE.length,
      etag: ETAG,
      modifiedMs: Date.UTC(2024, 1, 29, 10),
    });
    expect(asked.map(({ headers }) => [headers.range, headers['if-range']])).toEqual([
      ['bytes=0-65535', undefined],
      ['bytes=65536-', ETAG],
    ]);
  });

  test.each([
    [
      'knows no ranges',
      (content: string) => (_: IncomingMessage, response: ServerResponse) => {
        response.writeHead(200, { 'content-length': Buffer.byteLength(content) }).end(content);
      },
    ],
    [
      'does not say how long it is',
      (content: string) => (_: IncomingMessage, response: ServerResponse) => {
        response.writeHead(200);
        response.write(content.slice(0, 100_000));
        response.end(content.slice(100_000));
      },
    ],
  ])('is read of a server that %s', async (_name, serving) => {
    answer = serving(LARGE);
    expect((await read()).rows).toHaveLength(40_000);
  });

  test.each([
    ['gzip', gzipSync(SMALL)],
    ['zstd', zstd(SMALL)],
  ])('is read that is sent as %s', async (encoding, content) => {
    answer = serve(content, { etag: ETAG, 'content-encoding': encoding });
    expect((await read()).rows).toHaveLength(2);
  });

  test('of a format that is read from its end is brought whole', async () => {
    answer = serve('[{"id":1,"label":"one"}]');
    expect((await read({ format: 'json' })).rows).toEqual([{ id: '1', label: 'one', row: 0 }]);
  });

  test('is asked for with its headers, whose secrets nobody sees', async () => {
    answer = serve(SMALL);
    const { facts } = await read({
      location: `${url}/things.csv?token=\${secret:EXPORT}`,
      headers: { Authorization: 'Bearer ${secret:EXPORT}', 'X-For': 'Weft' },
      secrets: (name) => (name === 'EXPORT' ? 's3cret' : null),
    });
    expect(asked[0]).toMatchObject({
      url: '/things.csv?token=s3cret',
      headers: { authorization: 'Bearer s3cret', 'x-for': 'Weft' },
    });
    expect(JSON.stringify(facts)).not.toContain('s3cret');
  });
});

describe('what breaks off', () => {
  test('is gone on with from where it broke, where the server has its state', async () => {
    const whole = serve(LARGE);
    answer = (request, response, nth) => {
      if (nth === 2) {
        // The rest is asked for: half of it comes.
        response.writeHead(206, {
          etag: ETAG,
          'content-range': `bytes 65536-${LARGE.length - 1}/${LARGE.length}`,
          'content-length': LARGE.length - 65_536,
        });
        response.write(LARGE.slice(65_536, 200_000), () => response.destroy());
      } else whole(request, response);
    };
    expect((await read()).rows).toHaveLength(40_000);
    expect(asked.map(({ headers }) => headers.range)).toEqual(['bytes=0-65535', 'bytes=65536-', 'bytes=200000-']);
  });

  test('is begun anew where it has none', async () => {
    answer = (request, response, nth) =>
      nth <= 2 ? cutting(SMALL, 12, {})(request, response) : serve(SMALL, {})(request, response);
    expect((await read()).rows).toHaveLength(2);
  });

  test('each time is refused, with how much came', async () => {
    answer = cutting(SMALL, 12, {});
    await expect(read()).rejects.toMatchObject({
      code: 'SOURCE_INCOMPLETE',
      // What came at the very moment of the break may be lost with it.
      message: expect.stringMatching(new RegExp(`broke off after (12|0) of ${SMALL.length} bytes`)),
    });
    // An attempt that brings the first bytes, whichever that is, begins the count of failures once.
    expect(asked.length).toBeGreaterThan(PATIENCE.retries);
    expect(asked.length).toBeLessThanOrEqual(2 * PATIENCE.retries + 1);
  });

  test('is refused where a server says no length and sends half a row, as a file would be', async () => {
    answer = (_request, response) => void response.writeHead(200).end('id,label\n1,one\n2');
    const { broken } = await read();
    expect(broken).toMatchObject([{ line: 3, cut: true }]);
  });

  test('is refused where the file became another after it was looked at', async () => {
    answer = (request, response, nth) =>
      nth === 1
        ? serve(LARGE)(request, response)
        : serve(LARGE.replace('thing', 'thong'), { etag: '"v2"' })(request, response);
    await expect(read()).rejects.toMatchObject({
      code: 'SOURCE_INCOMPLETE',
      message: expect.stringContaining('changed while it was read'),
    });
  });
});

describe('a server that fails', () => {
  test.each([500, 502, 503, 429])('with %i and then answers is asked again', async (status) => {
    answer = (request, response, nth) =>
      nth <= 2 ? void response.writeHead(status, { 'retry-after': '0' }).end() : serve(SMALL)(request, response);
    expect((await read()).rows).toHaveLength(2);
    expect(asked).toHaveLength(3);
  });

  test('for good is given up', async () => {
    answer = (_request, response) => void response.writeHead(500).end('a page with a secret');
    await expect(read()).rejects.toMatchObject({
      code: 'SOURCE_FAILED',
      message: expect.stringMatching(/was answered with 500\. Refresh again/),
    });
    expect(asked).toHaveLength(PATIENCE.retries + 1);
  });

  test('and asks for an hour of patience is given up at once', async () => {
    answer = (_request, response) => void response.writeHead(503, { 'retry-after': '3600' }).end();
    await expect(read()).rejects.toMatchObject({ code: 'SOURCE_FAILED' });
    expect(asked).toHaveLength(1);
  });

  test('is not there at all', async () => {
    await expect(read({ location: 'http://127.0.0.1:1/things.csv' })).rejects.toMatchObject({
      code: 'SOURCE_FAILED',
      message: expect.stringContaining('could not be asked for'),
    });
  });

  test('and falls silent is given up', async () => {
    answer = (_request, response) => void response.writeHead(200, { 'content-length': 1_000 }).write('id,la');
    await expect(read({}, { silenceMs: 200, retries: 1 })).rejects.toMatchObject({ code: 'SOURCE_INCOMPLETE' });
  });

  test('and drips is ended when the time of the source is over', async () => {
    answer = (_request, response) => {
      response.writeHead(200);
      const drip = setInterval(() => response.write('1'), 20);
      response.on('close', () => clearInterval(drip));
    };
    await expect(read({}, { timeoutMs: 500 })).rejects.toMatchObject({
      code: 'SOURCE_FAILED',
      message: expect.stringContaining('took longer than'),
    });
  });

  test.each([
    [404, 'SOURCE_MISSING', /is not there \(HTTP 404\)/],
    [410, 'SOURCE_MISSING', /is not there/],
    [401, 'SOURCE_MISSING', /may not be read \(HTTP 401\)/],
    [403, 'SOURCE_MISSING', /may not be read/],
  ])('is asked only once where it answers %i', async (status, code, message) => {
    answer = (_request, response) => void response.writeHead(status).end();
    await expect(read()).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
    expect(asked).toHaveLength(1);
  });
});

describe('is refused', () => {
  test('a file that has more bytes than a source may', async () => {
    answer = serve(LARGE);
    await expect(read({}, { maxBytes: 100_000 })).rejects.toMatchObject({
      code: 'SOURCE_INCOMPLETE',
      message: expect.stringContaining('is larger than the 100000 bytes'),
    });
  });

  test('an empty file', async () => {
    answer = serve('');
    await expect(read()).rejects.toMatchObject({
      code: 'SOURCE_INCOMPLETE',
      message: expect.stringContaining('is empty'),
    });
  });

  test('a packing that was not asked for', async () => {
    answer = serve(SMALL, { 'content-encoding': 'br' });
    await expect(read()).rejects.toMatchObject({
      code: 'SOURCE_MISSING',
      message: expect.stringContaining('packed as br'),
    });
  });

  test('a secret that the worker does not have', async () => {
    await expect(read({ headers: { Authorization: '${secret:EXPORT}' } })).rejects.toMatchObject({
      code: 'SOURCE_MISSING',
      message: expect.stringContaining('needs the secret EXPORT'),
    });
    expect(asked).toHaveLength(0);
  });

  test('a host that is not allowed, before it is asked', async () => {
    await expect(read({ allowedHosts: ['files.example.com'] })).rejects.toMatchObject({
      code: 'SOURCE_MISSING',
      message: expect.stringContaining('is not allowed'),
    });
    expect(asked).toHaveLength(0);
  });

  test('an allowed name that leads to this machine', async () => {
    const { port } = server.address() as AddressInfo;
    // The system resolves it to loopback; only `localhost` itself may.
    await expect(
      read({ location: `http://things.localhost:${port}/things.csv`, allowedHosts: [`things.localhost:${port}`] }),
    ).rejects.toMatchObject({ code: expect.stringMatching(/SOURCE_MISSING|SOURCE_FAILED/) });
    expect(asked).toHaveLength(0);
  });
});

describe('a redirect', () => {
  test('is followed where it leads to an allowed host, without the headers if that is another server', async () => {
    const other = createServer((request, response) => {
      asked.push(request);
      serve(SMALL)(request, response);
    });
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const elsewhere = `http://127.0.0.1:${(other.address() as AddressInfo).port}`;
    answer = (request, response) =>
      request.url === '/things.csv'
        ? void response.writeHead(302, { location: '/moved.csv' }).end()
        : void response.writeHead(307, { location: `${elsewhere}/there.csv` }).end();
    try {
      const secrets = () => 's3cret';
      expect((await read({ headers: { Authorization: '${secret:EXPORT}' }, secrets })).rows).toHaveLength(2);
      expect(asked.map((request) => [request.url, request.headers.authorization])).toEqual([
        ['/things.csv', 's3cret'],
        ['/moved.csv', 's3cret'],
        ['/there.csv', undefined],
      ]);
    } finally {
      other.closeAllConnections();
      await new Promise((resolve) => other.close(resolve));
    }
  });

  test.each([
    [
      'to a host that is not allowed',
      'http://files.example.com/x',
      /leads elsewhere, and files.example.com is not allowed/,
    ],
    ['to where clouds keep their metadata', 'http://169.254.169.254/latest', /169.254.169.254 is not allowed/],
    ['to no address of HTTP', 'file:///etc/passwd', /is not an http or https URL/],
    ['to itself', '/things.csv', /leads on more than 5 times/],
  ])('%s is refused', async (_name, location, message) => {
    answer = (_request, response) => void response.writeHead(302, { location }).end();
    await expect(read()).rejects.toMatchObject({ code: 'SOURCE_MISSING', message: expect.stringMatching(message) });
  });
});

describe('whether it is as it was', () => {
  const dated = { 'last-modified': 'Wed, 21 Oct 2015 07:28:00 GMT' };
  const asks = async (before: object, later: object = before, known = true): Promise<boolean | null> => {
    answer = serve(SMALL, before as Record<string, string>);
    const { still } = await read({
      later: () => {
        asked = [];
        const whole = serve(SMALL, later as Record<string, string>);
        answer = (request, response) => {
          const { 'if-none-match': tag, 'if-modified-since': date } = request.headers;
          const isKnown = known && Object.values(later).includes(tag ?? date);
          if (isKnown) response.writeHead(304).end();
          else whole(request, response);
        };
        return Promise.resolve();
      },
    });
    return still;
  };

  test('is asked by its ETag, strong or weak, once', async () => {
    expect(await asks({ etag: ETAG })).toBe(true);
    expect(asked).toHaveLength(1);
    expect(await asks({ etag: 'W/"v1"', ...dated })).toBe(true);
    expect(await asks({ etag: ETAG, ...dated }, { etag: '"v2"', ...dated })).toBe(false);
  });

  test('is asked by its date where it has no ETag, once that is old', async () => {
    expect(await asks(dated)).toBe(true);
    expect(await asks(dated, { 'last-modified': 'Wed, 21 Oct 2015 07:28:01 GMT' })).toBe(false);
    expect(await asks({ 'last-modified': new Date().toUTCString() })).toBeNull();
  });

  test('is seen from the head of an answer where a server knows no conditions', async () => {
    expect(await asks({ etag: ETAG }, { etag: ETAG }, false)).toBe(true);
    expect(await asks({ etag: ETAG }, { etag: '"v2"' }, false)).toBe(false);
  });

  test('cannot be told where a server says nothing of its state, or a secret is in the address', async () => {
    expect(await asks({})).toBeNull();
    answer = serve(SMALL);
    const location = `${url}/\${secret:PATH}.csv`;
    const { still } = await read({ location, secrets: () => 'things', later: () => Promise.resolve() });
    expect(still).toBeNull();
  });
});
