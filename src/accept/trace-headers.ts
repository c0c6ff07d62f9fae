import type { IncomingHttpHeaders } from 'node:http';
import type { AcceptRequest } from './event.ts';

/** The sender's trace context. Node joins headers that are given several times. */
export function traceOf({
  traceparent,
  tracestate,
}: IncomingHttpHeaders): NonNullable<AcceptRequest['trace']> {
  return { traceparent: traceparent?.toString(), tracestate: tracestate?.toString() };
}
