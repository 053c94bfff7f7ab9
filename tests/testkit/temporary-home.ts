import { chmodSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A new folder to be a WEFT_HOME, which root's PostgreSQL can enter (`private`: can't). Remove it by `removeHome`. */
export function temporaryHome(access: 'open' | 'private' = 'open'): string {
  const folder = mkdtempSync(join(tmpdir(), 'weft home-'));
  chmodSync(folder, access === 'open' ? 0o711 : 0o700);
  return folder;
}
