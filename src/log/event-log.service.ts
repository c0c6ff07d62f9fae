import type { Kysely } from 'kysely';
import type { DB } from '../database/tables.ts';

import type {
  AttemptPosition,
  AttemptRow,
  DeliveryRow,
  DeliveryService,
  NewestFirst,
} from './deliveries.service.ts';
import { must } from '../base/must.ts';
import type { DeliveryStatus } from '../queue/delivery.ts';
import { AppError } from '../base/errors.ts';
import {
  findContent,
  findEvent,
  findEvents,
  findEventsById,
  findPayload,
  type EventContent,
  type EventFilter,
  type EventRow,
} from './event-log.repository.ts';

export type DeliveryCounts = Record<DeliveryStatus, number>;
export type CountedEvent = EventRow & { deliveries: DeliveryCounts };
export type DeliveryWithAttempts = DeliveryRow & { attempts: AttemptRow[] };

/**
 * Accepted events. `tenant` is the caller's throughout, null for every tenant: an event of
 * another tenant does not exist. Lists answer at most `limit` rows.
 */
export type EventLogService = {
  /**
   * Newest first.
   *
   * @param filter with a status, only events with at least one delivery in that state
   */
  list(
    filter: EventFilter & { readonly status?: DeliveryStatus | undefined },
    page: NewestFirst,
  ): Promise<CountedEvent[]>;
  /** @throws AppError `event_not_found` */
  get(tenant: string | null, id: string): Promise<CountedEvent>;
  /** The payload, byte for byte as received. @throws AppError `event_not_found` */
  getPayload(tenant: string | null, id: string): Promise<Buffer>;
  /** The content that subscribers receive. @throws AppError `event_not_found` */
  getContent(tenant: string | null, id: string): Promise<EventContent>;
  /**
   * The event with some of its deliveries, newest first, and all attempts of those.
   *
   * @throws AppError `event_not_found`
   */
  getStatus(
    tenant: string | null,
    id: string,
    page: NewestFirst,
  ): Promise<{ event: CountedEvent; deliveries: DeliveryWithAttempts[] }>;
  /** In the order in which they were started. @throws AppError `event_not_found` */
  listAttempts(
    tenant: string | null,
    id: string,
    page: { limit: number; after?: AttemptPosition | undefined },
  ): Promise<AttemptRow[]>;
};

export type EventLogServiceDeps = {
  db: Kysely<DB>;
  deliveries: Pick<
    DeliveryService,
    'list' | 'listEventIds' | 'countByEvent' | 'attemptsByDelivery' | 'listAttemptsOfEvent'
  >;
};

export function createEventLogService({ db, deliveries }: EventLogServiceDeps): EventLogService {
  async function withCounts(rows: readonly EventRow[]): Promise<CountedEvent[]> {
    if (rows.length === 0) return [];
    const counts = new Map(rows.map(({ id }) => [id, noDeliveries()]));
    for (const { event_id: id, status, count } of await deliveries.countByEvent(rows)) {
      must(counts.get(id), 'an event that was counted')[status] = count;
    }
    return rows.map((row) => ({
      ...row,
      deliveries: must(counts.get(row.id), 'the count of an event'),
    }));
  }

  async function get(tenant: string | null, id: string): Promise<CountedEvent> {
    const row = await findEvent(db, tenant, id);
    const [event] = row === undefined ? [] : await withCounts([row]);
    return event ?? notFound();
  }

  return {
    get,

    async list({ status, ...filter }, page) {
      if (status === undefined) return withCounts(await findEvents(db, filter, page));
      const { receivedFrom: createdFrom, receivedBefore: createdBefore, ...rest } = filter;
      const ids = await deliveries.listEventIds(
        { ...rest, createdFrom, createdBefore, statuses: [status] },
        page,
      );
      return withCounts(await findEventsById(db, ids));
    },

    async getPayload(tenant, id) {
      const payload = (await findPayload(db, tenant, id)) ?? notFound();
      return Buffer.from(payload);
    },

    async getContent(tenant, id) {
      return (await findContent(db, tenant, id)) ?? notFound();
    },

    async getStatus(tenant, id, page) {
      const event = await get(tenant, id);
      const rows = await deliveries.list({ tenant, eventId: id }, page);
      const attempts = await deliveries.attemptsByDelivery(
        id,
        rows.map((row) => row.id),
      );
      return {
        event,
        deliveries: rows.map((row) => ({ ...row, attempts: attempts.get(row.id) ?? [] })),
      };
    },

    async listAttempts(tenant, id, page) {
      if ((await findEvent(db, tenant, id)) === undefined) notFound();
      return deliveries.listAttemptsOfEvent(tenant, id, page);
    },
  };
}

function noDeliveries(): DeliveryCounts {
  return { pending: 0, delivering: 0, delivered: 0, failed: 0, discarded: 0, cancelled: 0 };
}

function notFound(): never {
  throw new AppError('event_not_found', 'There is no event with this id.');
}
