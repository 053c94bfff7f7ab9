import { readHttpPlace } from '../../../schema/contract/file-place.ts';
import { withSecretsWithin } from '../../../schema/contract/secret-reference.ts';
import { type Headers, openAsking } from './asking.ts';
import type { FindFiles } from './found-files.ts';
import { type Patience, patienceWith, remoteFile } from './remote-file.ts';
import { isStill, savedState } from './saved-state.ts';
import { requireSecret, requireSettings } from './require-settings.ts';

/** One file of a server of HTTP. */
export function httpFile(other: Partial<Patience> = {}): FindFiles {
  return (ask, { folder }) => {
    const { location, headers: given } = requireSettings(ask.server, readHttpPlace);
    const patience = patienceWith(ask.server, other);
    const filled = (text: string): string => withSecretsWithin(text, (name) => requireSecret(ask, name));
    const address = filled(location);
    const own = Object.fromEntries(Object.entries(given).map(([name, value]) => [name.toLowerCase(), filled(value)]));
    const signal = AbortSignal.any([ask.signal, AbortSignal.timeout(patience.timeoutMs)]);
    const asking = openAsking({ label: location, hosts: ask.hosts, signal, silenceMs: patience.silenceMs });
    const headers: Headers = (_url, isOwn) => (isOwn ? own : {});
    const file = remoteFile(asking, {
      name: location,
      address,
      run: ask.run,
      headers,
      folder,
      signal,
      budget: { bytes: patience.maxBytes },
      patience,
    });
    return Promise.resolve({
      label: location,
      files: [file],
      facts: () => ({ file: location, ...file.facts() }),
      // What was brought is of one state of the file, and lies here.
      verify: () => Promise.resolve(),
      // With another secret in it, it is the address of another file.
      state: () => (address === location ? savedState(file.facts()) : null),
      isStill: (state) => isStill(asking, { address, headers }, state),
      leave: () => file.leave(),
      close: () => asking.close(),
    });
  };
}
