import type { Writable } from 'node:stream';

/** Where progress is shown: a terminal gets a spinner, all else plain lines. */
export type Output = Writable & { readonly isTTY?: boolean };

/** One line for each step, with the time that it took. */
export interface Progress {
  /** Runs a step under a title; `result` words what came of it. */
  step<Result>(title: string, run: () => Promise<Result>, result: (value: Result) => string): Promise<Result>;
  /** What happens meanwhile. */
  note(line: string): void;
}

const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const FRAME_MS = 100;

/** Shows progress on `out`; a reader that has gone away is no reason to stop. */
export function showProgress(out: Output): Progress {
  out.on('error', () => undefined);
  const spins = out.isTTY === true;
  const clear = spins ? '\r\x1b[2K' : '';
  const running = new Set<string>();
  const print = (line: string) => out.write(`${clear}${line}\n`);
  return {
    async step(title, run, result) {
      const began = performance.now();
      running.add(title);
      let frame = 0;
      const spinner = spins
        ? setInterval(() => {
            // Where steps run beside each other, the first of them speaks.
            if ([...running][0] === title) out.write(`${clear}${FRAMES[frame++ % FRAMES.length] ?? ''} ${title}`);
          }, FRAME_MS)
        : undefined;
      try {
        const value = await run();
        print(`✔ ${result(value)} (${((performance.now() - began) / 1000).toFixed(1)} s)`);
        return value;
      } catch (error) {
        if (spins) out.write(clear);
        throw error;
      } finally {
        clearInterval(spinner);
        running.delete(title);
      }
    },
    note: (line) => void print(`  ${line}`),
  };
}
