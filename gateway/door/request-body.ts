import { isUtf8 } from 'node:buffer';
import express, { type RequestHandler } from 'express';
import type { Actor } from '../actor.ts';
import { requireBoundedNesting } from './nesting.ts';

// A query of 1 MiB is larger than any that people write; what is published is a mesh of documents.
export const BODY_LIMIT_BYTES = 1024 * 1024;
const PUBLISHER_BODY_LIMIT = '16mb';

/** Reads a GraphQL request: UTF-8, JSON, inflated within a limit that publishers have higher, of bounded nesting. */
export function requestBody(actorOf: (header?: string) => Actor): RequestHandler[] {
  return [readBody(actorOf), boundNesting];
}

function readBody(actorOf: (header?: string) => Actor): RequestHandler {
  const small = express.json({ limit: BODY_LIMIT_BYTES, verify: requireUtf8 });
  const large = express.json({ limit: PUBLISHER_BODY_LIMIT, verify: requireUtf8 });
  return (request, response, next) => {
    // The operation's own route has read it; what it could not make JSON of came as bytes.
    if (request.body !== undefined) {
      if (Buffer.isBuffer(request.body)) throw withStatus(400);
      next();
      return;
    }
    // A wrong key is refused before anything of the body is read.
    const { role } = actorOf(request.headers.authorization);
    if (!saysUtf8(request.headers['content-type'])) throw withStatus(415);
    (role === 'admin' || role === 'publisher' ? large : small)(request, response, (error?: unknown) => {
      if (request.body === undefined && request.method === 'POST') request.body = {};
      next(error);
    });
  };
}

const boundNesting: RequestHandler = (request, _response, next) => {
  requireBoundedNesting(request.query);
  requireBoundedNesting((request.body ?? {}) as object);
  next();
};

/** JSON is UTF-8 (RFC 8259, section 8.1); the parser would also take UTF-7, in which filters before us read something else. */
function saysUtf8(contentType = ''): boolean {
  const charset = /;\s*charset\s*=\s*"?([^\s;"]*)/i.exec(contentType)?.[1];
  return charset === undefined || /^utf-?8$/i.test(charset);
}

function requireUtf8(_request: unknown, _response: unknown, body: Buffer): void {
  if (!isUtf8(body)) throw withStatus(400);
}

/** As body-parser's own errors are: the status says what was wrong. */
function withStatus(status: number): Error {
  return Object.assign(new Error('The body is not UTF-8.'), { status });
}
