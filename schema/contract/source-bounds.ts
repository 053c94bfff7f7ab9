import { z } from 'zod';

/** How long one reading of a source may take, in seconds: an hour where the server does not say. */
export const timeoutSeconds = z.number().int().min(1).max(86_400).default(3_600);
