import { readUpFile } from '../../up/home.ts';
import type { Streams } from '../terminal.ts';

const LOOK_MS = 200;

/** Starts all of Weft here and stays until it is asked to end; as JSON, progress goes to stderr and what runs to stdout. */
export async function up(env: NodeJS.ProcessEnv, home: string, streams: Streams, json: boolean): Promise<number> {
  // Database and orchestrator are of no use to the other commands, and take a second to load.
  const story = await import('../../up/up.ts');
  if (!json) return story.up({ env, out: streams.out });
  const look = setInterval(() => {
    const running = readUpFile(home);
    if (running?.pid !== process.pid || !running.ready) return;
    clearInterval(look);
    const { pid, url, temporalUiUrl } = running;
    streams.out.write(`${JSON.stringify({ url, graphql: `${url}/graphql`, temporalUiUrl, home, pid }, null, 2)}\n`);
  }, LOOK_MS);
  try {
    return await story.up({ env, out: streams.err });
  } finally {
    clearInterval(look);
  }
}
