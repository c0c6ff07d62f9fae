import { Readable } from 'node:stream';
import { tenantFor } from '../access/tenant.ts';
import { AppError } from '../base/errors.ts';
import type { Handlers } from '../http/contract.ts';
import { readEventId } from './stream-item.ts';
import type { StreamService } from './stream.service.ts';

export function streamHandlers(deps: { stream: StreamService }): Pick<Handlers, 'openStream'> {
  return {
    openStream({ query, headers, principal, request }) {
      const lastEventId = headers['last-event-id'];
      const resumeFrom = lastEventId === undefined ? undefined : readEventId(lastEventId);
      if (lastEventId !== undefined && resumeFrom === undefined) {
        throw new AppError('invalid_request', 'The Last-Event-ID is not of this stream; omit it.', {
          errors: [{ pointer: '/header/last-event-id', detail: 'must be an id of this stream' }],
        });
      }
      const tenant = tenantFor(principal, query.tenant, '/query/tenant') ?? undefined;
      // HEAD is answered as GET is, and nobody would read the stream.
      const body =
        request.method === 'HEAD'
          ? Readable.from([])
          : deps.stream.open({ ...query, tenant }, { resumeFrom, mayStay: principal.stillHolds });
      return {
        status: 200,
        headers: { 'Cache-Control': 'no-store', 'X-Accel-Buffering': 'no' },
        body,
      };
    },
  };
}
