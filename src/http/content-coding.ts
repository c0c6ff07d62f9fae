import type { FastifyRequest } from 'fastify';

import { AppError } from '../base/errors.ts';

/** Undefined for a body that came as it is; else why it is refused (RFC 9110, 15.5.16). */
export function contentCodingError({ headers }: FastifyRequest): AppError | undefined {
  const coding = headers['content-encoding']?.trim().toLowerCase() ?? '';
  if (coding === '' || coding === 'identity') return undefined;
  return new AppError(
    'unsupported_media_type',
    'The body must not be compressed: send it without Content-Encoding.',
    { acceptedCodings: ['identity'] },
  );
}
