import { z } from 'zod';

import { StartFailure } from './failure.ts';
import { withoutEmpty } from '../../schema/without-empty.ts';

const port = z.coerce.number().int().min(0).max(65535);

const configSchema = z.object({
  HOST: z.string().default('127.0.0.1'),
  PORT: port.min(1).default(4000),
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }).optional(),
  WEFT_POSTGRES_PORT: port.default(0),
  TEMPORAL_ADDRESS: z
    .string()
    .regex(/^\S+:\d+$/, 'must be host:port')
    .optional(),
  TEMPORAL_NAMESPACE: z.string().default('default'),
  WEFT_TEMPORAL_PORT: port.min(1).default(7233),
  WEFT_TEMPORAL_UI_PORT: port.min(1).default(8233),
  WEFT_TEMPORAL_UI_URL: z.url().optional(),
  WEFT_EXAMPLES: z.enum(['on', 'off']).default('on'),
  WEFT_ADMIN_KEY: z.string().min(16, 'must have at least 16 characters').optional(),
  WEFT_FILE_ROOTS: z.string().default(''),
  WEFT_DELIVERY_ROOTS: z.string().default(''),
  WEFT_POLICIES: z.string().optional(),
  PLACES_PORT: port.default(4101),
  WEFT_DEBUG: z.string().optional(),
});

/** What `up` heeds of the environment. */
export type UpConfig = z.infer<typeof configSchema>;

/** Reads the environment; an empty variable counts as not set. Refuses with all faults at once. */
export function upConfig(env: NodeJS.ProcessEnv): UpConfig {
  const read = configSchema.safeParse(withoutEmpty(env));
  if (read.success) return read.data;
  const faults = read.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
  throw new StartFailure(`The environment is not as it must be. ${faults.join('; ')}.`);
}
