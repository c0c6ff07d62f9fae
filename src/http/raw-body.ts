import type { FastifyInstance, FastifyRequest } from 'fastify';

import { AppError } from '../base/errors.ts';
import type { RequestBody } from '../openapi/document.ts';
import { contentCodingError } from './content-coding.ts';
import { JSON_MEDIA_TYPE } from './media-type.ts';

const EMPTY = Buffer.alloc(0);

/** Bodies reach the handler as the bytes received. {@link assertRawBody} judges them. */
export function keepRawBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
}

/**
 * Refuses an absent body where one is required (400), and a body that is not JSON by its media
 * type, unless the document takes any (415). Its size has been checked while it was read.
 */
export function assertRawBody(request: FastifyRequest, declared: RequestBody): void {
  const body = Buffer.isBuffer(request.body) ? request.body : undefined;
  if (body === undefined || body.length === 0) {
    if (declared.required) throw new AppError('invalid_json', 'A body is required.');
    request.body = EMPTY;
    return;
  }
  if (declared.mediaTypes.includes('*/*')) return;
  const codingError = contentCodingError(request);
  if (codingError !== undefined) throw codingError;
  const mediaType = request.headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase() ?? '';
  if (declared.mediaTypes.includes(mediaType)) return;
  if (!JSON_MEDIA_TYPE.test(request.headers['content-type'] ?? '')) {
    throw new AppError(
      'unsupported_media_type',
      `The body must be ${declared.mediaTypes.join(' or ')}.`,
    );
  }
}
