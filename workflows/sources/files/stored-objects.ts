import picomatch from 'picomatch';
import { readObjectPlace } from '../../../schema/contract/file-place.ts';
import { openAsking } from './asking.ts';
import type { FindFiles, FoundFiles } from './found-files.ts';
import { listObjects } from './list-objects.ts';
import { type Patience, patienceWith, type RemoteFile, remoteFile } from './remote-file.ts';
import type { RemoteState } from './remote-state.ts';
import { isStill, savedListState, savedState } from './saved-state.ts';
import { requireSettings } from './require-settings.ts';
import { objectAddress, signedHeaders } from './signed-headers.ts';

/** Objects of a store that speaks S3: one, those of a pattern, or those below a prefix that end as their format does. */
export function storedObjects(other: Partial<Patience> = {}): FindFiles {
  return async (ask, { endings, folder }) => {
    const place = requireSettings(ask.server, readObjectPlace);
    const patience = patienceWith(ask.server, other);
    // A server says the object, or the prefix below which each object of the contract has its own.
    const key = place.key.endsWith('/') ? place.key + (ask.object.physicalName ?? '') : place.key;
    const label = `s3://${place.bucket}/${key}`;
    const signal = AbortSignal.any([ask.signal, AbortSignal.timeout(patience.timeoutMs)]);
    const asking = openAsking({ label, hosts: ask.hosts, signal, silenceMs: patience.silenceMs });
    const shared = { run: ask.run, folder, signal, patience, budget: { bytes: patience.maxBytes } };
    const headers = signedHeaders(place, ask);
    const fileAt = (name: string, address: string, state?: RemoteState): RemoteFile =>
      remoteFile(asking, { name, address, headers, ...shared, ...(state && { state }) });
    try {
      if (!key.endsWith('/') && !picomatch.scan(key).isGlob) {
        const address = objectAddress(place, key);
        return found(label, [fileAt(label, address)], () => asking.close(), {
          factsOf: (file) => file.facts(),
          stateOf: (file) => savedState(file.facts()),
          isStill: (state) => isStill(asking, { address, headers }, state),
        });
      }
      const objects = await listObjects({ place, key, endings, label }, (page) => fileAt(label, page));
      const files = objects.map((one) =>
        // The very state that was listed, or none.
        fileAt(one.key, objectAddress(place, one.key), { validator: one.etag, total: one.bytes }),
      );
      const state = savedListState(objects);
      return found(label, files, () => asking.close(), {
        factsOf: () => ({
          files: objects.length,
          bytes: objects.reduce((sum, { bytes }) => sum + bytes, 0),
          modifiedMs: objects.reduce((latest, { modifiedMs }) => Math.max(latest, modifiedMs), 0),
        }),
        stateOf: () => state,
        isStill: (former) => Promise.resolve(state === former),
      });
    } catch (error) {
      await asking.close();
      throw error;
    }
  };
}

function found(
  label: string,
  files: readonly RemoteFile[],
  close: () => Promise<void>,
  seen: {
    readonly factsOf: (first: RemoteFile) => Readonly<Record<string, number | string>>;
    readonly stateOf: (first: RemoteFile) => string | null;
    readonly isStill: FoundFiles['isStill'];
  },
): FoundFiles {
  const [first] = files;
  return {
    label,
    files,
    facts: () => ({ file: label, ...(first !== undefined && seen.factsOf(first)) }),
    // What was brought is of one state of each object, and lies here.
    verify: () => Promise.resolve(),
    state: () => (first === undefined ? null : seen.stateOf(first)),
    isStill: seen.isStill,
    leave: async () => {
      for (const file of files) await file.leave();
    },
    close,
  };
}
