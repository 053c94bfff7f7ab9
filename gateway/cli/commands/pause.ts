import { EXIT } from '../exit.ts';
import { OPERATIONS } from '../operations.ts';
import { safeLine, type Terminal } from '../terminal.ts';

/** Pauses a product: nothing comes to it by itself. */
export async function pause(terminal: Terminal, id: string, options: { reason?: string }): Promise<number> {
  const { pause: product } = await terminal.ask(OPERATIONS.pause, { id, ...options });
  terminal.show({ product }, () => safeLine(`${product.id}  ${pausedText(product.pause)}`));
  terminal.say(safeLine(`By hand it may be refreshed. Next: weft resume ${id}`));
  return EXIT.done;
}

/** Lets a paused product go on. */
export async function resume(terminal: Terminal, id: string): Promise<number> {
  const { resume: product } = await terminal.ask(OPERATIONS.resume, { id });
  terminal.show({ product }, () => safeLine(`${product.id}  ${pausedText(product.pause)}`));
  return EXIT.done;
}

/** Holds a domain: none of its runs starts. */
export async function hold(terminal: Terminal, id: string, options: { reason?: string }): Promise<number> {
  const { hold: domain } = await terminal.ask(OPERATIONS.hold, { id, ...options });
  terminal.show({ domain }, () => safeLine(`${domain.id}  held${because(domain.hold)}`));
  terminal.say(safeLine(`What is asked for stays queued; runs under way go on. Next: weft release ${id}`));
  return EXIT.done;
}

/** Releases a domain: what was queued starts. */
export async function release(terminal: Terminal, id: string): Promise<number> {
  const { release: domain } = await terminal.ask(OPERATIONS.release, { id });
  terminal.show({ domain }, () => safeLine(`${domain.id}  released`));
  return EXIT.done;
}

interface Stop {
  readonly by: string;
  readonly at: string;
  readonly reason: string | null;
}

/** `paused by ann since …: the source moves`; of one that is not: `goes on`. */
export function pausedText(stop: Stop | null): string {
  return stop === null ? 'goes on' : `paused${because(stop)}`;
}

function because(stop: Stop | null): string {
  if (stop === null) return '';
  return ` by ${stop.by} since ${stop.at}${stop.reason === null ? '' : `: ${stop.reason}`}`;
}
