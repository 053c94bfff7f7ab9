import type { Request } from 'express';
import { type Envelope, envelopeOf, parameters } from '../envelope.ts';
import type { Framing } from './framing.ts';

/** What a request over HTTP asks for; null where it is not as GraphQL over HTTP has it, or a page of another origin may have sent it. */
export function safeEnvelope(request: Request, framing: Framing | null): Envelope | null {
  if (!isSafe(request, framing)) return null;
  return envelopeOf(request.method === 'GET' ? parameters(request.originalUrl) : request.body);
}

/**
 * Whether no page of another origin can have sent it unasked: JSON, a header that needs a preflight, or a browser's word (EventSource
 * can send no header of its own).
 */
function isSafe(request: Request, framing: Framing | null): boolean {
  if (request.method === 'POST') return request.is('application/json') !== false;
  if (request.method !== 'GET') return false;
  if (request.headers['apollo-require-preflight'] !== undefined) return true;
  const site = request.headers['sec-fetch-site'];
  return framing !== null && (site === undefined || site === 'same-origin' || site === 'none');
}
