import { tenantFor } from '../access/tenant.ts';
import { decodeCursor, decodeIdCursor, page } from '../paging/pagination.ts';
import { parseTimestamp } from '../paging/timestamp.ts';
import type { Handlers, InputOf } from '../http/contract.ts';
import { readAttemptPosition, toAttemptPage, toAttemptResource } from './attempt.resource.ts';
import type { DeliveryFilter, DeliveryService } from './deliveries.service.ts';
import { toDeliveryPage, toDeliveryResource } from './delivery.resource.ts';

type DeliveryHandlers = Pick<
  Handlers,
  | 'listDeliveries'
  | 'getDelivery'
  | 'listDeliveryAttempts'
  | 'retryDelivery'
  | 'cancelDelivery'
  | 'listSubscriptionDeliveries'
  | 'listSubscriptionAttempts'
  | 'getSubscriptionStatus'
>;

export function deliveryHandlers(deps: { deliveries: DeliveryService }): DeliveryHandlers {
  const { deliveries } = deps;

  async function listAttemptsOfSubscription(input: InputOf<'listSubscriptionAttempts'>) {
    const { params, query, principal } = input;
    const { limit, cursor } = query;
    const rows = await deliveries.listAttemptsOfSubscription(principal.tenant, params.id, {
      limit: limit + 1,
      before: readAttemptPosition(cursor),
    });
    return { status: 200 as const, body: toAttemptPage(rows, limit) };
  }

  return {
    async listDeliveries(input) {
      const { limit, cursor } = input.query;
      const beforeId = decodeIdCursor(cursor);
      const rows = await deliveries.list(readFilter(input), { limit: limit + 1, beforeId });
      return { status: 200, body: toDeliveryPage(rows, limit) };
    },

    async getDelivery({ params, principal }) {
      const delivery = await deliveries.get(principal.tenant, params.id);
      return { status: 200, body: toDeliveryResource(delivery) };
    },

    async listDeliveryAttempts({ params, query, principal }) {
      const { limit, cursor } = query;
      const [afterNumber] = cursor === undefined ? [] : decodeCursor(cursor, ['integer']);
      const rows = await deliveries.listAttempts(principal.tenant, params.id, {
        limit: limit + 1,
        afterNumber,
      });
      const { data, next_cursor } = page(rows, limit, (row) => [row.attempt_number]);
      return { status: 200, body: { data: data.map(toAttemptResource), next_cursor } };
    },

    async retryDelivery({ params, principal }) {
      const delivery = await deliveries.retry(principal.tenant, params.id);
      return { status: 202, body: toDeliveryResource(delivery) };
    },

    async cancelDelivery({ params, principal }) {
      const delivery = await deliveries.cancel(principal.tenant, params.id);
      return { status: 200, body: toDeliveryResource(delivery) };
    },

    async listSubscriptionDeliveries({ params, query, principal }) {
      const { limit = 20, cursor } = query;
      const rows = await deliveries.listOfSubscription(principal.tenant, params.id, {
        limit: limit + 1,
        beforeId: decodeIdCursor(cursor),
      });
      return { status: 200, body: toDeliveryPage(rows, limit) };
    },

    listSubscriptionAttempts: listAttemptsOfSubscription,
    // The path that clients of an earlier service know the same list by.
    getSubscriptionStatus: listAttemptsOfSubscription,
  };
}

function readFilter({ query, principal }: InputOf<'listDeliveries'>): DeliveryFilter {
  const { created_after: from, created_before: before, status_class: statusClass } = query;
  return {
    tenant: tenantFor(principal, query.tenant, '/query/tenant'),
    subscriptionId: query.subscription_id,
    eventId: query.event_id,
    eventType: query.event_type,
    statuses: query.status,
    reason: query.reason,
    statusClass: statusClass === undefined ? undefined : Number(statusClass[0]),
    createdFrom: from === undefined ? undefined : parseTimestamp(from, 'created_after'),
    createdBefore: before === undefined ? undefined : parseTimestamp(before, 'created_before'),
  };
}
