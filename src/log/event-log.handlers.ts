import { tenantFor } from '../access/tenant.ts';
import { readAttemptPosition, toAttemptPage, toAttemptResource } from './attempt.resource.ts';
import { toDeliveryResource } from './delivery.resource.ts';
import { decodeIdCursor, page } from '../paging/pagination.ts';
import { parseTimestamp } from '../paging/timestamp.ts';
import type { Handlers } from '../http/contract.ts';
import type { EventLogService } from './event-log.service.ts';
import { toEventResource } from './event.resource.ts';

type EventLogHandlers = Pick<
  Handlers,
  'listEvents' | 'getEvent' | 'getEventStatus' | 'getEventPayload' | 'getRequestStatus'
>;

export function eventLogHandlers({ events }: { events: EventLogService }): EventLogHandlers {
  return {
    async listEvents({ query, principal }) {
      const { limit, cursor, received_after: from, received_before: before } = query;
      const rows = await events.list(
        {
          tenant: tenantFor(principal, query.tenant, '/query/tenant'),
          eventType: query.event_type,
          status: query.status,
          receivedFrom: from === undefined ? undefined : parseTimestamp(from, 'received_after'),
          receivedBefore:
            before === undefined ? undefined : parseTimestamp(before, 'received_before'),
        },
        { limit: limit + 1, beforeId: decodeIdCursor(cursor) },
      );
      const { data, next_cursor } = page(rows, limit, (row) => [row.id]);
      return { status: 200, body: { data: data.map(toEventResource), next_cursor } };
    },

    async getEvent({ params, principal }) {
      const event = await events.get(principal.tenant, params.id);
      return { status: 200, body: toEventResource(event) };
    },

    async getEventStatus({ params, query, principal }) {
      const { limit, cursor } = query;
      const { event, deliveries } = await events.getStatus(principal.tenant, params.id, {
        limit: limit + 1,
        beforeId: decodeIdCursor(cursor),
      });
      const { data, next_cursor } = page(deliveries, limit, (delivery) => [delivery.id]);
      return {
        status: 200,
        body: {
          event: toEventResource(event),
          deliveries: data.map((delivery) => ({
            ...toDeliveryResource(delivery),
            attempts: delivery.attempts.map(toAttemptResource),
          })),
          next_cursor,
        },
      };
    },

    async getEventPayload({ params, principal }) {
      return { status: 200, body: await events.getPayload(principal.tenant, params.id) };
    },

    async getRequestStatus({ params, query, principal }) {
      const { limit, cursor } = query;
      const rows = await events.listAttempts(principal.tenant, params.event_id, {
        limit: limit + 1,
        after: readAttemptPosition(cursor),
      });
      return { status: 200, body: toAttemptPage(rows, limit) };
    },
  };
}
