import { createHash } from 'node:crypto';
import { must } from '../base/must.ts';
import type { EnforcementService, Inspected } from '../event-types/enforcement.service.ts';
import type { FieldError } from '../base/errors.ts';
import { keepHops } from '../sender/hops.ts';
import type { AcceptService } from './accept.service.ts';
import type { AcceptRequest, IncomingEvent, NewEvent } from './event.ts';

export type Publish = {
  readonly tenant: string;
  readonly incoming: readonly IncomingEvent[];
  readonly idempotencyKey?: string | undefined;
  /** How often a Posthorn has delivered the request's event; undefined: it is no delivery. */
  readonly hops?: number | undefined;
  /** Whether the caller has closed the connection. */
  readonly isGone?: (() => boolean) | undefined;
  /** The sender's W3C trace context. */
  readonly trace?: AcceptRequest['trace'];
};

export type Published = { readonly id: string; readonly deliveries: number };

export type PublishAnswer = {
  readonly published: Published[];
  /** Deviations from the catalogue in events that were accepted anyway. */
  readonly warnings?: FieldError[] | undefined;
};

export type PublishService = {
  /**
   * Fans events out to every subscription of the tenant that wants them. Resolves, in order,
   * once all are committed; all are or none is.
   *
   * @throws AppError `invalid_payload`, `unknown_event_type`, `idempotency_conflict`,
   * `idempotency_key_in_use`, `overloaded`
   */
  publish(request: Publish): Promise<PublishAnswer>;
};

export type PublishServiceDeps = { accept: AcceptService; enforcement: EnforcementService };

export function createPublishService({ accept, enforcement }: PublishServiceDeps): PublishService {
  return {
    async publish({ tenant, incoming, idempotencyKey, hops, isGone, trace }) {
      const events = incoming.map(({ event }) => event);
      const warnings = enforcement.isFree(tenant, events)
        ? undefined
        : await enforcement.inspect(tenant, incoming.map(toInspected));
      const answers = await accept.accept({
        tenant,
        events:
          hops === undefined
            ? events
            : events.map((event) => ({ ...event, headers: keepHops(event.headers, hops) })),
        trace,
        isGone,
        idempotency:
          idempotencyKey === undefined
            ? undefined
            : { key: idempotencyKey, requestHash: hashEvents(events) },
      });
      const published = answers.map(({ eventId, deliveryCount }) => ({
        id: must(eventId, 'the id of a published event'),
        deliveries: deliveryCount,
      }));
      return { published, warnings };
    },
  };
}

function toInspected({ event, value, pointer }: IncomingEvent): Inspected {
  const { eventType, payload } = event;
  return { eventType, payload, value, eventPointer: pointer, pointer: `${pointer}/payload` };
}

function hashEvents(events: readonly NewEvent[]): string {
  const hash = createHash('sha256');
  for (const { eventType, payload, orderingKey, headers } of events) {
    hash.update(`${eventType}\n${payload}\n${JSON.stringify([orderingKey, headers])}\n`);
  }
  return hash.digest('hex');
}
