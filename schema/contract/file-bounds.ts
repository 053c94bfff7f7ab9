import { z } from 'zod';
import type { OdcsServer } from './odcs-server.ts';
import type { Path } from './parse.ts';
import type { Reporter } from './report.ts';
import { readSettings } from './settings.ts';
import { timeoutSeconds } from './source-bounds.ts';

const grammar = z.object({
  timeoutSeconds,
  // A server that has said nothing for so long has rather lost the connection than is at work.
  silentSeconds: z.int().min(1).max(3_600).default(30),
});

/** How long files of a server on the network may take, all together, and how long it may say nothing. */
export type FileBounds = z.infer<typeof grammar>;

/** Reads them from its custom properties, which say other things too. Null, with findings SETTING_INVALID. */
export function readFileBounds(server: OdcsServer, path: Path, report: Reporter): FileBounds | null {
  return readSettings(server, grammar, { of: `The server ${server.server}`, path, report, amongOthers: true });
}
