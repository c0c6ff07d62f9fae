import type { Kysely } from 'kysely';
import type { DB } from '../database/tables.ts';
import { AppError, type AppErrorOptions } from '../base/errors.ts';
import type { SubscriptionStatus } from '../subscriptions/subscription.ts';
import {
  findAttemptsOfDeliveries,
  findAttemptsOfDelivery,
  findAttemptsOfEvent,
  findAttemptsOfSubscription,
  type AttemptPosition,
  type AttemptRow,
} from './attempts.repository.ts';
import {
  countDeliveriesByEvent,
  findDeliveries,
  findDelivery,
  findEventIdsByDelivery,
  type DeliveryCount,
  type DeliveryFilter,
  type DeliveryRow,
  type NewestFirst,
} from './deliveries.repository.ts';
import type { CustodyInquiry } from '../workers/custody-inquiry.ts';
import { NOBODY } from '../workers/register.ts';
import { cancelDelivery, setReleased } from './delivery-actions.repository.ts';
import { canRetry, isQueued, isTerminal } from '../queue/delivery.ts';

export type { AttemptPosition, AttemptRow, DeliveryFilter, DeliveryRow, NewestFirst };

/**
 * Deliveries and their states. `tenant` is the caller's throughout, null for every tenant: what belongs
 * to another tenant does not exist. Lists answer at most `limit` rows.
 */
export type DeliveryService = {
  list(filter: DeliveryFilter, page: NewestFirst): Promise<DeliveryRow[]>;
  /**
   * As it is now: `delivering` as well while an attempt is under way that its row does not report
   * yet, as far as workers answer at once.
   *
   * @throws AppError `delivery_not_found`
   */
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
   * Ends a delivery of which no attempt is under way, and none begins once this has resolved.
   *
   * @throws AppError `delivery_not_found`, `delivery_not_cancellable`
   */
  cancel(tenant: string | null, id: string): Promise<DeliveryRow>;
};

export type DeliveryServiceDeps = {
  db: Kysely<DB>;
  inquiry: CustodyInquiry;
  /** Called for each change made manually. Must not throw. */
  onChange?(delivery: DeliveryRow): void;
  subscriptions: {
    /** @throws AppError `subscription_not_found` */
    get(tenant: string | null, id: string): Promise<{ readonly status: SubscriptionStatus }>;
  };
};

export function createDeliveryService({
  db,
  inquiry,
  subscriptions,
  onChange,
}: DeliveryServiceDeps): DeliveryService {
  async function find(tenant: string | null, id: string): Promise<DeliveryRow> {
    const row = await findDelivery(db, tenant, id);
    if (row === undefined) {
      throw new AppError('delivery_not_found', 'There is no delivery with this id.');
    }
    return row;
  }

  async function get(tenant: string | null, id: string): Promise<DeliveryRow> {
    const row = await find(tenant, id);
    const isUnderWay = isQueued(row) && (await inquiry.isUnderWay(id));
    return isUnderWay ? { ...row, status: 'delivering', reason: 'in_flight' } : row;
  }

  async function tryCancelLeased(
    tenant: string | null,
    id: string,
  ): Promise<DeliveryRow | undefined> {
    await inquiry.buryDead();
    if (await cancelDelivery(db, tenant, id, NOBODY)) return find(tenant, id);
    if ((await find(tenant, id)).status === 'delivering') throw notCancellable(UNDER_WAY);
    return undefined;
  }

  /** Undefined when it moved on meanwhile. @throws AppError `delivery_not_cancellable` */
  async function tryCancel(tenant: string | null, id: string): Promise<DeliveryRow | undefined> {
    const { status } = await find(tenant, id);
    if (isTerminal(status)) throw notCancellable(`The delivery has already ended as ${status}.`);
    if (status === 'delivering') return tryCancelLeased(tenant, id);
    const answer = await inquiry.withhold(id);
    if (answer.kind === 'under_way') throw notCancellable(UNDER_WAY);
    if (answer.kind === 'unanswered') throw notCancellable(UNANSWERED, TRY_AGAIN);
    return (await cancelDelivery(db, tenant, id, answer)) ? find(tenant, id) : undefined;
  }

  return {
    get,
    list: (filter, page) => findDeliveries(db, filter, page),
    listEventIds: (filter, page) => findEventIdsByDelivery(db, filter, page),
    countByEvent: (events) => countDeliveriesByEvent(db, events),
    listAttemptsOfEvent: (tenant, eventId, page) => findAttemptsOfEvent(db, tenant, eventId, page),

    async listAttempts(tenant, id, page) {
      await find(tenant, id);
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
      for (let round = 0; round < CANCEL_ROUNDS; round += 1) {
        const cancelled = await tryCancel(tenant, id);
        if (cancelled === undefined) continue;
        onChange?.(cancelled);
        return cancelled;
      }
      throw notCancellable(MOVED_ON, TRY_AGAIN);
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

/** Deliveries change, and workers come, while a cancellation is decided. */
const CANCEL_ROUNDS = 3;
const TRY_AGAIN = { retryAfterSeconds: 1 };

const UNDER_WAY = 'An attempt is under way.';
const UNANSWERED =
  'A worker has not answered whether an attempt is under way. Try again in a second.';
/** Between the refused change and this look the delivery moves on: then, trying again may do. */
const MOVED_ON = 'The delivery was changing at this moment. Try again.';

function whyNotRetried(
  delivery: DeliveryRow,
  subscription: SubscriptionStatus | 'deleted',
): string {
  const { status, next_attempt_at: nextAttemptAt } = delivery;
  if (status === 'delivered') return 'The delivery has been delivered.';
  if (status === 'delivering') return UNDER_WAY;
  if (subscription !== 'active') return `The subscription is ${subscription}.`;
  return canRetry({ status, nextAttemptAt }) ? MOVED_ON : 'The delivery is queued or held already.';
}

function notCancellable(detail: string, options?: AppErrorOptions): AppError {
  return new AppError('delivery_not_cancellable', detail, options);
}
