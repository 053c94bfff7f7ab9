import { fileURLToPath } from 'node:url';
import type { DataConverter } from '@temporalio/common';
import type { PayloadCodec } from '../../schema/payload-codec.ts';

/** What clients and workers say to Temporal goes through the codec, with what failures say. */
export function encryptedBy(codec: PayloadCodec): DataConverter {
  return { failureConverterPath: FAILURE_CONVERTER, payloadCodecs: [codec] };
}

/** It is in the workflows' bundle too. */
export const FAILURE_CONVERTER = fileURLToPath(new URL('./failure-converter.cjs', import.meta.url));
