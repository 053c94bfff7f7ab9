import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace';
import type { Logger } from 'pino';
import { otlpJson } from './otlp-json.ts';
import type { TracesConfig } from './traces-config.ts';

const zip = promisify(gzip);

/** Statuses of a receiver that is busy (OTLP, "Failures"): what it was sent may be sent again. */
const BUSY = new Set([429, 502, 503, 504]);
// A collector that starts anew is back by the third; meanwhile spans wait in a queue that is bounded.
const PAUSES_MS = [1_000, 4_000];

type Settings = Pick<TracesConfig, 'url' | 'headers' | 'timeoutMs' | 'compress' | 'resource'>;

/** Sends spans over HTTP as JSON. What cannot be sent is lost, which the log says once, and once that it goes again. */
export class OtlpExporter implements SpanExporter {
  readonly #settings: Settings;
  readonly #logger: Logger;
  readonly #ending = new AbortController();
  #failing = false;

  constructor(settings: Settings, logger: Logger) {
    this.#settings = settings;
    this.#logger = logger;
  }

  export(spans: ReadableSpan[], done: Parameters<SpanExporter['export']>[1]): void {
    this.#send(spans).then(
      () => {
        if (this.#failing) this.#logger.info('traces are exported again');
        this.#failing = false;
        done(SENT);
      },
      (error: unknown) => {
        const { url } = this.#settings;
        if (!this.#failing)
          this.#logger.warn({ err: error, url, spans: spans.length }, 'traces cannot be exported, and are lost');
        this.#failing = true;
        done(LOST);
      },
    );
  }

  /** Ends what is under way. */
  shutdown(): Promise<void> {
    this.#ending.abort(new Error('the process ends'));
    return Promise.resolve();
  }

  async #send(spans: readonly ReadableSpan[]): Promise<void> {
    const { headers, compress, resource } = this.#settings;
    const json = otlpJson(spans, resource);
    const body = compress ? new Uint8Array(await zip(json)) : json;
    const encoding = compress ? { 'content-encoding': 'gzip' } : {};
    for (let tries = 0; ; tries++) {
      const status = await this.#post(body, { ...headers, 'content-type': 'application/json', ...encoding });
      if (status < 300) return;
      const pauseMs = PAUSES_MS[tries];
      if (!BUSY.has(status) || pauseMs === undefined)
        throw new Error(`The receiver of traces answered with HTTP status ${status}.`);
      // Not in step with other processes.
      await sleep(pauseMs * (0.75 + Math.random() / 2), undefined, { signal: this.#ending.signal, ref: false });
    }
  }

  async #post(body: string | Uint8Array<ArrayBuffer>, headers: Readonly<Record<string, string>>): Promise<number> {
    const { url, timeoutMs } = this.#settings;
    const signal = AbortSignal.any([this.#ending.signal, AbortSignal.timeout(timeoutMs)]);
    const response = await fetch(url, { method: 'POST', headers, body, signal, redirect: 'manual' });
    await response.body?.cancel();
    return response.status;
  }
}

/** In the numbers of the SDK's core, a package that is not ours to import. */
type ExportResult = Parameters<Parameters<SpanExporter['export']>[1]>[0];
const SENT = { code: 0 } as unknown as ExportResult;
const LOST = { code: 1 } as unknown as ExportResult;
