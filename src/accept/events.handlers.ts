import { oneTenantFor } from '../access/tenant.ts';
import { AppError, type FieldError } from '../base/errors.ts';
import { escapePointer } from '../base/json-pointer.ts';
import { first, must } from '../base/must.ts';
import type { Handlers } from '../http/contract.ts';
import type { Principal } from '../base/principal.ts';
import type { BodyCheck } from '../http/body-check.ts';
import { checkHeaders } from '../sender/header-rules.ts';
import { readHops } from '../sender/hops.ts';
import type { IncomingEvent } from './event.ts';
import type { IngestService } from './ingest.service.ts';
import { itemSpans, memberSpans, type Span } from './json-span.ts';
import { isEventType, readPayload, statedEventType, UNTYPED } from './payload.ts';
import type { PublishService } from './publish.service.ts';
import { assertNotReserved, type StatedEventType } from '../event-types/reserved-event-type.ts';
import { traceOf } from './trace-headers.ts';

export type EventsHandlersDeps = {
  ingest: IngestService;
  publish: PublishService;
  /** The schemas of openapi.yaml for the bodies that are read here, as bytes. */
  checks: { envelope: BodyCheck; publish: BodyCheck };
};

type PublishedEvent = {
  event_type: string;
  payload: unknown;
  tenant?: string;
  ordering_key?: string;
  headers?: Record<string, string>;
};

/** An event of a request, where it stands in the text, and by which pointer. */
type StatedEvent = {
  readonly event: PublishedEvent;
  readonly span: Span;
  readonly pointer: string;
};

/** The three publishing endpoints. Payloads are cut out of the bytes received, never serialized again. */
export function eventsHandlers(
  deps: EventsHandlersDeps,
): Pick<Handlers, 'ingestForSubscription' | 'ingestEnvelope' | 'publishEvents'> {
  return {
    async ingestForSubscription({ params, headers, body, principal, request }) {
      const { text, value } = read(body);
      const stated = headerEventType(request.headers) ?? bodyEventType(value);
      if (stated !== undefined) assertNotReserved([stated]);
      const accepted = await deps.ingest.ingest({
        subscriptionId: params.subscription_id,
        tenant: principal.tenant,
        mustBeSigned: principal.mustBeSigned === true,
        headers: request.headers,
        signedBytes: body,
        eventType: stated?.eventType ?? UNTYPED,
        payload: text,
        value,
        pointer: '',
        idempotencyKey: headers['idempotency-key'],
        isGone: () => request.raw.socket.destroyed,
      });
      if (accepted === undefined) return { status: 204 };
      return {
        status: 202,
        headers: { Location: `/events/${accepted.eventId}` },
        body: {
          event_id: accepted.eventId,
          delivery_id: accepted.deliveryId,
          ...warn(accepted),
        },
      };
    },

    async ingestEnvelope({ headers, body, principal, request }) {
      const { text, value } = read(body);
      deps.checks.envelope(value);
      // The check has vouched for it.
      const envelope = value as { subscription_id: string; event_type?: string; body: unknown };
      const { event_type: eventType = UNTYPED } = envelope;
      assertNotReserved([{ eventType, pointer: '/event_type' }]);
      const accepted = await deps.ingest.ingest({
        subscriptionId: envelope.subscription_id,
        tenant: principal.tenant,
        mustBeSigned: principal.mustBeSigned === true,
        headers: request.headers,
        signedBytes: body,
        eventType,
        payload: cut(text, spanOf(text, 'body')),
        value: envelope.body,
        pointer: '/body',
        idempotencyKey: headers['idempotency-key'],
        isGone: () => request.raw.socket.destroyed,
      });
      if (accepted === undefined) return { status: 204 };
      return {
        status: 202,
        headers: { Location: `/events/${accepted.eventId}` },
        body: { request_id: accepted.eventId, ...warn(accepted) },
      };
    },

    async publishEvents({ headers, body, principal, request }) {
      const { text, value } = read(body);
      deps.checks.publish(value);
      const isBatch = Array.isArray(value);
      const stated = isBatch ? statedInBatch(text, value) : [statedAlone(text, value)];
      assertNotReserved(
        stated.map(({ event, pointer }) => ({
          eventType: event.event_type,
          pointer: `${pointer}/event_type`,
        })),
      );
      const { published, warnings } = await deps.publish.publish({
        tenant: tenantOf(stated, principal),
        incoming: stated.map((one) => toIncoming(text, one)),
        idempotencyKey: headers['idempotency-key'],
        hops: readHops(request.headers),
        isGone: () => request.raw.socket.destroyed,
        trace: traceOf(request.headers),
      });
      if (isBatch) return { status: 202, body: { data: published, ...warn({ warnings }) } };
      const receipt = first(published, 'the published event');
      return { status: 202, body: { ...receipt, ...warn({ warnings }) } };
    },
  };
}

function read(body: Buffer): { text: string; value: unknown } {
  const payload = readPayload(body);
  if (payload.ok) return payload;
  if (payload.fault === 'not_json') {
    throw new AppError('invalid_json', 'The body is not valid JSON.');
  }
  throw new AppError(
    'invalid_encoding',
    payload.fault === 'not_utf8'
      ? 'The body is not valid UTF-8.'
      : 'The body begins with a byte-order mark.',
  );
}

/** The member of an answer that says what is not as it should be; none, when all is. */
function warn({ warnings }: { warnings?: FieldError[] | undefined }): { warnings?: FieldError[] } {
  return warnings === undefined ? {} : { warnings };
}

function headerEventType(
  headers: Record<string, string | string[] | undefined>,
): StatedEventType | undefined {
  for (const name of ['x-event-type', 'event_type']) {
    const value = headers[name];
    if (value === undefined) continue;
    const pointer = `/header/${name}`;
    if (typeof value === 'string' && isEventType(value)) return { eventType: value, pointer };
    throw new AppError('invalid_request', 'The event type is not valid.', {
      errors: [{ pointer, detail: 'must be 1 to 128 letters, digits or ._:/-' }],
    });
  }
  return undefined;
}

function bodyEventType(body: unknown): StatedEventType | undefined {
  const stated = statedEventType(body);
  if (stated === undefined) return undefined;
  const { eventType } = stated;
  const pointer = `/${stated.member}`;
  if (!isEventType(eventType)) {
    throw new AppError('invalid_request', 'The event type is not valid.', {
      errors: [{ pointer, detail: 'must be 1 to 128 letters, digits or ._:/-' }],
    });
  }
  return { eventType, pointer };
}

/** The body's check has vouched for what is stated. */
function statedInBatch(text: string, values: readonly PublishedEvent[]): StatedEvent[] {
  const spans = itemSpans(text);
  return values.map((event, index) => ({
    event,
    span: must(spans[index], `the span of event ${index}`),
    pointer: `/${index}`,
  }));
}

function statedAlone(text: string, value: unknown): StatedEvent {
  // The body's check has vouched for it.
  return { event: value as PublishedEvent, span: { start: 0, end: text.length }, pointer: '' };
}

function toIncoming(text: string, { event, span, pointer }: StatedEvent): IncomingEvent {
  if (event.ordering_key?.isWellFormed() === false) {
    // Stored, it would be another key.
    throw new AppError('invalid_request', 'ordering_key must be well-formed Unicode.', {
      errors: [{ pointer: `${pointer}/ordering_key`, detail: 'must be well-formed Unicode' }],
    });
  }
  const payload = cut(text, spanOf(text, 'payload', span.start));
  return {
    event: {
      eventType: event.event_type,
      payload,
      payloadBytes: Buffer.byteLength(payload),
      headers: checked(event.headers, pointer),
      orderingKey: event.ordering_key,
    },
    value: event.payload,
    pointer,
  };
}

/** Headers that an event asks to be sent with; ours and hop-by-hop ones are refused. */
function checked(headers: Record<string, string> | undefined, pointer: string) {
  const problems = headers === undefined ? [] : checkHeaders(headers);
  if (problems.length === 0) return headers;
  throw new AppError('invalid_request', 'An event has headers that cannot be sent. Remove them.', {
    errors: problems.map(({ name, reason }) => ({
      pointer: `${pointer}/headers/${escapePointer(name)}`,
      detail: reason,
    })),
  });
}

/** A batch is one request of one tenant, so that all of it is accepted or none. */
function tenantOf(stated: readonly StatedEvent[], principal: Principal): string {
  const asked = stated.map(({ event, pointer }) => ({
    pointer: `${pointer}/tenant`,
    tenant: oneTenantFor(principal, event.tenant, `${pointer}/tenant`),
  }));
  const tenant = asked[0]?.tenant ?? oneTenantFor(principal, undefined, '/tenant');
  const other = asked.find((one) => one.tenant !== tenant);
  if (other === undefined) return tenant;
  throw new AppError('invalid_request', 'The events are of more than one tenant.', {
    errors: [{ pointer: other.pointer, detail: 'must be the same for all events' }],
  });
}

function spanOf(text: string, name: string, start = 0): Span {
  return must(memberSpans(text, start).get(name), `the span of ${name}`);
}

function cut(text: string, { start, end }: Span): string {
  return text.slice(start, end);
}
