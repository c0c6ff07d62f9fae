import type { Pool } from 'pg';
import { createNaturalBatcher } from '../base/natural-batcher.ts';
import type { TaskPayloads } from './tasks.ts';
import {
  endDeliveries,
  findRetried,
  leaseDeliveries,
  loadEventContents,
  loadQueuedDeliveries,
  parkDeliveries,
} from './delivery-queue.repository.ts';
import type { Handoff } from './handoff.ts';
import type {
  EndedDelivery,
  EventContent,
  Lease,
  ParkedDelivery,
  QueuedDelivery,
} from './queued-delivery.ts';

/** The deliveries of a job, with everything they need. */
export type LoadedJob = {
  readonly deliveries: readonly QueuedDelivery[];
  /** By event id; the payload of a large one is null, for `loadContent`. */
  readonly contents: ReadonlyMap<string, EventContent>;
};

/** Where a job of one worker gets its deliveries from, and gives back what it does not send. */
export type DeliveryQueue = {
  /** Of a job's deliveries those that are still queued under the tickets that it carries. */
  load(job: TaskPayloads['deliver']): Promise<LoadedJob>;
  /** One event's content, however large; undefined when it is lost. */
  loadContent(eventId: string): Promise<EventContent | undefined>;
  /** Of the given deliveries those that someone has retried manually. */
  findRetried(ids: readonly string[]): Promise<Set<string>>;
  lease(leases: readonly Lease[]): Promise<void>;
  park(parked: readonly ParkedDelivery[]): Promise<void>;
  end(ended: readonly EndedDelivery[]): Promise<void>;
};

const BATCH = 2_048;

/** Writes that jobs make at the same moment go together, one statement at a time. */
function createWriter<Item>(write: (items: readonly Item[]) => Promise<void>) {
  const batcher = createNaturalBatcher<Item, void>({
    async flush(items) {
      await write(items);
      return [];
    },
    concurrency: 1,
    maxItems: BATCH,
    weigh: () => 0,
    maxWeight: Number.POSITIVE_INFINITY,
    maxWaitingWeight: Number.POSITIVE_INFINITY,
  });
  return async (items: readonly Item[]): Promise<void> => {
    await Promise.all(items.map((item) => batcher.add(item)));
  };
}

/** Payloads up to this size are loaded with their batch, larger ones one by one. */
const MAX_INLINE_PAYLOAD_BYTES = 65_536;
const ANY_SIZE = 2_147_483_647;

export function createDeliveryQueue({
  pool,
  workerId,
  handoff,
}: {
  pool: Pool;
  workerId: string;
  handoff?: Pick<Handoff, 'take'>;
}): DeliveryQueue {
  async function load({ deliveries: ids, tickets }: TaskPayloads['deliver']) {
    const deliveries: QueuedDelivery[] = [];
    const contents = new Map<string, EventContent>();
    // A delivery with a ticket was queued before.
    const others =
      handoff === undefined || tickets !== undefined
        ? ids
        : ids.filter((id) => {
            const fresh = handoff.take(id);
            if (fresh === undefined) return true;
            deliveries.push(fresh.delivery);
            contents.set(fresh.delivery.eventId, fresh.content);
            return false;
          });
    if (others.length === 0) return { deliveries, contents };
    const loaded = await loadQueuedDeliveries(pool, others, tickets ?? null);
    if (loaded.length === 0) return { deliveries, contents };
    const eventIds = [...new Set(loaded.map(({ eventId }) => eventId))];
    const read = await loadEventContents(pool, eventIds, MAX_INLINE_PAYLOAD_BYTES);
    for (const [eventId, content] of read) contents.set(eventId, content);
    return { deliveries: [...deliveries, ...loaded], contents };
  }

  return {
    load,
    loadContent: async (eventId) =>
      (await loadEventContents(pool, [eventId], ANY_SIZE)).get(eventId),
    findRetried: (ids) => findRetried(pool, ids),
    lease: createWriter((leases) => leaseDeliveries(pool, workerId, leases)),
    park: createWriter((parked) => parkDeliveries(pool, workerId, parked)),
    end: (ended) => endDeliveries(pool, workerId, ended),
  };
}
