import type { Kysely } from 'kysely';
import type { DB } from '../database/tables.ts';
import { findDeliveryState, type DeliveryState } from './lane-states.repository.ts';
import { AppError } from '../errors.ts';
import type { SubscriptionStatus } from '../subscriptions/subscription.ts';
import {
  findAttemptsOfDeliveries, findAttemptsOfDelivery, findAttemptsOfEvent,
  findAttemptsOfSubscription, type AttemptPosition, type AttemptRow,
} from './attempts.repository.ts';
import {
  countDeliveriesByEvent, findDeliveries, findDelivery, findEventIdsByDelivery,
  type DeliveryCount, type DeliveryFilter, type DeliveryRow, type NewestFirst,
} from './deliveries.repository.ts';
import { setCancelled, setReleased } from './delivery-actions.repository.ts';
import { canCancel, canRetry, isTerminal } from './delivery.ts';

export type { AttemptPosition, AttemptRow, DeliveryFilter, DeliveryRow, NewestFirst };

/**
 * What became of events. `tenant` is the caller's throughout, null for every tenant: what belongs
 * to another tenant does not exist. Lists answer at most `limit` rows.
 */
export type DeliveryService = {
  list(filter: DeliveryFilter, page: NewestFirst): Promise<DeliveryRow[]>;
  /** @throws AppError `delivery_not_found` */
  get(tenant: string | null, id: string): Promise<DeliveryRow>;
  /**
   * As they were made, those after number `afterNumber`.
   *
   * @throws AppError `delivery_not_found`
   */
  listAttempts(
    tenant: string | null,
    id: string,
    page: { limit: number; afterNumber?: number | undefined },
  ): Promise<AttemptRow[]>;
  /** Newest first. @throws AppError `subscription_not_found` */
  listOfSubscription(
    tenant: string | null,
    subscriptionId: string,
    page: NewestFirst,
  ): Promise<DeliveryRow[]>;
  /** The last to be started first. @throws AppError `subscription_not_found` */
  listAttemptsOfSubscription(
    tenant: string | null,
    subscriptionId: string,
    page: { limit: number; before?: AttemptPosition | undefined },
  ): Promise<AttemptRow[]>;
  /** In the order in which they were started. */
  listAttemptsOfEvent(
    tenant: string | null,
    eventId: string,
    page: { limit: number; after?: AttemptPosition | undefined },
  ): Promise<AttemptRow[]>;
  /** All attempts of some deliveries of one event, as they were made, by delivery id. */
  attemptsByDelivery(
    eventId: string,
    deliveryIds: readonly string[],
  ): Promise<Map<string, AttemptRow[]>>;
  /** How many deliveries each event has in each state; states without any are left out. */
  countByEvent(
    events: readonly { readonly id: string; readonly tenant: string }[],
  ): Promise<DeliveryCount[]>;
  /** The ids of events with a delivery that passes the filter, newest first. */
  listEventIds(filter: DeliveryFilter, page: NewestFirst): Promise<string[]>;
  /**
   * Queues a delivery that ended undelivered, or that waits for its next attempt, for an attempt
   * at once.
   *
   * @throws AppError `delivery_not_found`, `delivery_not_retryable`
   */
  retry(tenant: string | null, id: string): Promise<DeliveryRow>;
  /**
   * Ends a delivery that has not been handed to its receiver. An attempt that began in this very
   * moment may still arrive there; it is not recorded.
   *
   * @throws AppError `delivery_not_found`, `delivery_not_cancellable`
   */
  cancel(tenant: string | null, id: string): Promise<DeliveryRow>;
  /** How delivering to a subscription goes at this moment. The caller has checked the tenant. */
  stateOf(subscriptionId: string): Promise<DeliveryState>;
};

export type DeliveryServiceDeps = {
  db: Kysely<DB>;
  /** Hears of each change made by hand. Must not throw. */
  onChange?(delivery: DeliveryRow): void;
  subscriptions: {
    /** @throws AppError `subscription_not_found` */
    get(tenant: string | null, id: string): Promise<{ readonly status: SubscriptionStatus }>;
  };
};

export function createDeliveryService(
  { db, subscriptions, onChange }: DeliveryServiceDeps,
): DeliveryService {
  async function get(tenant: string | null, id: string): Promise<DeliveryRow> {
    const row = await findDelivery(db, tenant, id);
    if (row === undefined) {
      throw new AppError('delivery_not_found', 'There is no delivery with this id.');
    }
    return row;
  }

  return {
    get,
    stateOf: (subscriptionId) => findDeliveryState(db, subscriptionId),
    list: (filter, page) => findDeliveries(db, filter, page),
    listEventIds: (filter, page) => findEventIdsByDelivery(db, filter, page),
    countByEvent: (events) => countDeliveriesByEvent(db, events),
    listAttemptsOfEvent: (tenant, eventId, page) => findAttemptsOfEvent(db, tenant, eventId, page),

    async listAttempts(tenant, id, page) {
      await get(tenant, id);
      return findAttemptsOfDelivery(db, tenant, id, page);
    },

    async listOfSubscription(tenant, subscriptionId, page) {
      await subscriptions.get(tenant, subscriptionId);
      return findDeliveries(db, { tenant, subscriptionId }, page);
    },

    async listAttemptsOfSubscription(tenant, subscriptionId, page) {
      await subscriptions.get(tenant, subscriptionId);
      return findAttemptsOfSubscription(db, tenant, subscriptionId, page);
    },

    async attemptsByDelivery(eventId, deliveryIds) {
      const rows = await findAttemptsOfDeliveries(db, eventId, deliveryIds);
      return Map.groupBy(rows, (row) => row.delivery_id);
    },

    async retry(tenant, id) {
      const released = await db.transaction().execute((trx) => setReleased(trx, tenant, id));
      if (released !== undefined) {
        onChange?.(released);
        return released;
      }
      const delivery = await get(tenant, id);
      const status = await statusOfSubscription(subscriptions, delivery.subscription_id);
      throw new AppError('delivery_not_retryable', whyNotRetried(delivery, status));
    },

    async cancel(tenant, id) {
      const cancelled = await db.transaction().execute((trx) => setCancelled(trx, tenant, id));
      if (cancelled !== undefined) {
        onChange?.(cancelled);
        return cancelled;
      }
      throw new AppError('delivery_not_cancellable', whyNotCancelled(await get(tenant, id)));
    },
  };
}

async function statusOfSubscription(
  subscriptions: DeliveryServiceDeps['subscriptions'],
  id: string,
): Promise<SubscriptionStatus | 'deleted'> {
  try {
    return (await subscriptions.get(null, id)).status;
  } catch (error) {
    if (error instanceof AppError && error.code === 'subscription_not_found') return 'deleted';
    throw error;
  }
}

/** Between the refused change and this look the delivery moves on: then, trying again may do. */
const MOVED_ON = 'The delivery was changing at this moment. Try again.';

function whyNotRetried(
  delivery: DeliveryRow,
  subscription: SubscriptionStatus | 'deleted',
): string {
  const { status, next_attempt_at: nextAttemptAt } = delivery;
  if (status === 'delivered') return 'The delivery has been delivered.';
  if (status === 'delivering') return 'An attempt is under way.';
  if (subscription !== 'active') return `The subscription is ${subscription}.`;
  return canRetry({ status, nextAttemptAt }) ? MOVED_ON : 'The delivery is queued or held already.';
}

function whyNotCancelled({ status, next_attempt_at: nextAttemptAt }: DeliveryRow): string {
  if (isTerminal(status)) return `The delivery has already ended as ${status}.`;
  return canCancel({ status, nextAttemptAt }) ? MOVED_ON : 'An attempt is under way.';
}
