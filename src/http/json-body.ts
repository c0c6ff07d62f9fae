import { isUtf8 } from 'node:buffer';
import type { FastifyInstance, FastifyRequest } from 'fastify';

import { AppError } from '../base/errors.ts';
import { mayBeInexact, parseExact } from '../json/exact-json.ts';
import { contentCodingError } from './content-coding.ts';
import { JSON_MEDIA_TYPE } from './media-type.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** The text of a body that was parsed as JSON and may hold numbers that doubles cannot. */
    inexactText: string | null;
  }
}

/** Far above any body the API describes, far below what exhausts the stack of a serializer. */
const MAX_DEPTH = 64;

/** Bodies are parsed as JSON; any other media type is answered 415. */
export function parseJsonBodies(app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser('error', 'error');
  app.removeAllContentTypeParsers();
  app.decorateRequest('inexactText', null);
  app.addContentTypeParser<Buffer>(
    JSON_MEDIA_TYPE,
    { parseAs: 'buffer' },
    (request, body, done) => {
      if (body.length === 0) return done(null, undefined);
      const codingError = contentCodingError(request as FastifyRequest);
      if (codingError !== undefined) return done(codingError);
      if (!isUtf8(body)) return done(new AppError('invalid_encoding', 'The body is not UTF-8.'));
      const text = body.toString();
      if (isDeeperThan(text, MAX_DEPTH)) {
        const detail = `The body nests deeper than ${MAX_DEPTH} levels.`;
        return done(new AppError('invalid_json', detail));
      }
      // The code after this runs within the parser's callback.
      if (mayBeInexact(text)) request.inexactText = text;
      parse(request as FastifyRequest, text, (error, value) =>
        error ? done(explainJsonError(text)) : done(null, value),
      );
    },
  );
}

/**
 * A body that has been validated, with its numbers as they were written: an ExactNumber for each
 * that a double cannot hold. For members that take any JSON and give it back.
 */
export function exactBody<Body>({ inexactText }: FastifyRequest, body: Body): Body {
  return inexactText === null ? body : (parseExact(inexactText) as Body);
}

/** Whatever is sent is read, within the size limit, and dropped: the operation takes no body. */
export function discardBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, _body, done) => done(null));
}

function isDeeperThan(text: string, maxDepth: number): boolean {
  let depth = 0;
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"?|[[\]{}]/gs)) {
    if (token === '[' || token === '{') depth += 1;
    else if (token === ']' || token === '}') depth -= 1;
    if (depth > maxDepth) return true;
  }
  return false;
}

function explainJsonError(text: string): AppError {
  try {
    JSON.parse(text);
    const detail = 'The keys __proto__ and constructor.prototype are refused.';
    return new AppError('invalid_json', detail);
  } catch (cause) {
    // V8's message may quote the body; only the place is passed on.
    const place = /at position \d+ \(line \d+ column \d+\)/.exec(String(cause))?.[0];
    return new AppError('invalid_json', `The body is not valid JSON${place ? ` ${place}` : ''}.`);
  }
}
