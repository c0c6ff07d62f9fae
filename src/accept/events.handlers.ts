import { oneTenantFor } from '../access/tenant.ts';
import { AppError, type FieldError } from '../base/errors.ts';
import type { Handlers } from '../http/contract.ts';
import type { Principal } from '../base/principal.ts';
import type { BodyCheck } from '../http/body-check.ts';
import { checkHeaders } from '../sender/header-rules.ts';
import { readHops } from '../sender/hops.ts';
import type { NewEvent } from './event.ts';
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

/** The three ways in. Payloads are cut out of the bytes received and never written anew. */
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
        payload: cut(text, memberSpans(text).get('body') as Span),
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
      const values = (isBatch ? value : [value]) as PublishedEvent[];
      const spans = isBatch ? itemSpans(text) : [{ start: 0, end: text.length }];
      const pointers = values.map((_, index) => (isBatch ? `/${index}` : ''));
      assertNotReserved(
        values.map(({ event_type: eventType }, index) => ({
          eventType,
          pointer: `${pointers[index]}/event_type`,
        })),
      );
      const { published, warnings } = await deps.publish.publish({
        tenant: tenantOf(values, pointers, principal),
        events: values.map((event, index) =>
          toNewEvent(event, text, spans[index] as Span, pointers[index] as string),
        ),
        values: values.map(({ payload }) => payload),
        pointers,
        idempotencyKey: headers['idempotency-key'],
        hops: readHops(request.headers),
        isGone: () => request.raw.socket.destroyed,
        trace: traceOf(request.headers),
      });
      if (isBatch) return { status: 202, body: { data: published, ...warn({ warnings }) } };
      const [receipt] = published as [(typeof published)[number]];
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
  const eventType = statedEventType(body);
  if (eventType === undefined) return undefined;
  const isFirst = (body as { event_type?: unknown }).event_type === eventType;
  const pointer = isFirst ? '/event_type' : '/event';
  if (!isEventType(eventType)) {
    throw new AppError('invalid_request', 'The event type is not valid.', {
      errors: [{ pointer, detail: 'must be 1 to 128 letters, digits or ._:/-' }],
    });
  }
  return { eventType, pointer };
}

function toNewEvent(event: PublishedEvent, text: string, span: Span, pointer: string): NewEvent {
  if (event.ordering_key?.isWellFormed() === false) {
    // Stored, it would be another key.
    throw new AppError('invalid_request', 'The ordering key is half of a surrogate pair.', {
      errors: [{ pointer: `${pointer}/ordering_key`, detail: 'must be well-formed Unicode' }],
    });
  }
  const payload = cut(text, memberSpans(text, span.start).get('payload') as Span);
  return {
    eventType: event.event_type,
    payload,
    payloadBytes: Buffer.byteLength(payload),
    headers: checked(event.headers, pointer),
    orderingKey: event.ordering_key,
  };
}

/** Headers that an event asks to be sent with; ours and hop-by-hop ones are refused. */
function checked(headers: Record<string, string> | undefined, pointer: string) {
  const problems = headers === undefined ? [] : checkHeaders(headers);
  if (problems.length === 0) return headers;
  throw new AppError('invalid_request', 'An event asks for headers that cannot be sent.', {
    errors: problems.map(({ name, reason }) => ({
      pointer: `${pointer}/headers/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`,
      detail: reason,
    })),
  });
}

/** A batch is one request of one tenant, so that all of it is accepted or none. */
function tenantOf(
  events: readonly PublishedEvent[],
  pointers: readonly string[],
  principal: Principal,
): string {
  const tenants = events.map(({ tenant }, index) =>
    oneTenantFor(principal, tenant, `${pointers[index]}/tenant`),
  );
  const [first = oneTenantFor(principal, undefined, '/tenant')] = tenants;
  const other = tenants.findIndex((tenant) => tenant !== first);
  if (other === -1) return first;
  throw new AppError('invalid_request', 'The events are of more than one tenant.', {
    errors: [{ pointer: `${pointers[other]}/tenant`, detail: 'must be the same for all events' }],
  });
}

function cut(text: string, { start, end }: Span): string {
  return text.slice(start, end);
}
