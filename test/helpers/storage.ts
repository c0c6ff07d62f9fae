import { randomBytes } from 'node:crypto';
import type { Pool } from 'pg';
import type { AcceptedEvent, AcceptRequest, NewEvent } from '../../src/accept/event.ts';
import { insertAcceptedEvents } from '../../src/accept/accept.repository.ts';
import type { AttemptRecord } from '../../src/queue/queued-delivery.ts';
import { QUEUE_SCHEMA } from '../../src/database/queue-schema.ts';

type SubscriptionRow = {
  tenant?: string;
  event_types?: string[] | null;
  status?: 'active' | 'paused' | 'disabled';
};

export type StoredDelivery = {
  id: string;
  event_id: string;
  subscription_id: string;
  status: string;
  reason: string | null;
  parked: boolean;
  attempt_count: number;
  next_attempt_at: Date | null;
  leased_by: string | null;
  completed_at: Date | null;
};

let order = 0;

/** A UUIDv7 of a moment that may have passed; those of one moment are in order. */
export function idAt(timeMs: number): string {
  const time = timeMs.toString(16).padStart(12, '0');
  order = (order + 1) % 0x1000;
  const random = randomBytes(8).toString('hex');
  return `${time.slice(0, 8)}-${time.slice(8)}-7${order.toString(16).padStart(3, '0')}-8${random.slice(1, 4)}-${random.slice(4)}`;
}

/** Works on storage as the service does, without the service. */
export function useStorage(pool: Pool) {
  async function addSubscription(fields: SubscriptionRow = {}): Promise<string> {
    const { tenant = 'default', event_types: eventTypes = null, status = 'active' } = fields;
    const { rows } = await pool.query(
      `insert into posthorn.subscriptions (tenant, id, target_url, event_types, status, disabled_reason)
      values ($1, posthorn.uuid_v7(), 'https://receiver.example/', $2, $3, $4)
      returning id`,
      [tenant, eventTypes, status, status === 'disabled' ? 'gone' : null],
    );
    return rows[0].id;
  }

  /** Accepts requests as one batch; `at` is the moment of their ids. */
  const acceptAll = (
    requests: readonly AcceptRequest[],
    at = Date.now(),
  ): Promise<AcceptedEvent[][]> => insertAcceptedEvents(pool, requests, () => idAt(at));

  async function accept(
    request: Partial<AcceptRequest> = {},
    event: Partial<NewEvent> = {},
  ): Promise<AcceptedEvent> {
    const [answers] = await acceptAll([requestOf(request, event)]);
    return (answers as AcceptedEvent[])[0] as AcceptedEvent;
  }

  async function deliveriesOf(eventId: string | null): Promise<StoredDelivery[]> {
    const { rows } = await pool.query(
      `select id, event_id, subscription_id, status, reason, parked, attempt_count, next_attempt_at,
        leased_by, completed_at
      from posthorn.deliveries where event_id = $1 order by id`,
      [eventId],
    );
    return rows;
  }

  async function delivery(id: string | null): Promise<StoredDelivery> {
    const { rows } = await pool.query(
      `select id, event_id, subscription_id, status, reason, parked, attempt_count, next_attempt_at,
        leased_by, completed_at
      from posthorn.deliveries where id = $1`,
      [id],
    );
    return rows[0];
  }

  /** Jobs that wait, oldest first. */
  async function jobs(task: string): Promise<{ payload: any; run_at: Date; key: string | null }[]> {
    const { rows } = await pool.query(
      `select j.payload, j.run_at, j.key
      from ${QUEUE_SCHEMA}._private_jobs as j
      join ${QUEUE_SCHEMA}._private_tasks as t on t.id = j.task_id
      where t.identifier = $1 order by j.id`,
      [task],
    );
    return rows;
  }

  const queued = async (): Promise<string[]> =>
    (await jobs('deliver')).flatMap(({ payload }) => payload.deliveries);

  /** Queues what was published from SQL, as a worker does. Answers how many rows it took. */
  const queueOutbox = async (limit = 10_000): Promise<number> =>
    (await pool.query('select posthorn.queue_outbox($1) as count', [limit])).rows[0].count;

  const clearJobs = () => pool.query(`delete from ${QUEUE_SCHEMA}._private_jobs`);

  async function register(poolId: string): Promise<void> {
    await pool.query(
      `insert into posthorn.workers (pool_id, lock_key, host, process_id, version)
      values ($1, hashtext($1), 'test', 1, 'test')`,
      [poolId],
    );
  }

  return {
    addSubscription,
    acceptAll,
    accept,
    deliveriesOf,
    delivery,
    jobs,
    queued,
    queueOutbox,
    clearJobs,
    register,
  };
}

export function requestOf(
  request: Partial<AcceptRequest> = {},
  ...events: Partial<NewEvent>[]
): AcceptRequest {
  return {
    tenant: 'default',
    events: (events.length === 0 ? [{}] : events).map(eventOf),
    ...request,
  };
}

function eventOf({
  payload = '{}',
  eventType = 'order.created',
  ...rest
}: Partial<NewEvent>): NewEvent {
  return { eventType, payload, payloadBytes: Buffer.byteLength(payload), ...rest };
}

/** An attempt that came to what is said of it; a success unless said. */
export function attemptOf(
  deliveryId: string,
  {
    attemptNumber = 1,
    statusCode = 200,
    verdict = {},
    ...rest
  }: Partial<Omit<AttemptRecord, 'verdict'>> & { verdict?: Partial<AttemptRecord['verdict']> } = {},
): AttemptRecord {
  return {
    deliveryId,
    attemptNumber,
    statusCode,
    durationMs: 12.4,
    startedAtMs: performance.now() - 20,
    error: null,
    responseHeaders: { 'content-type': 'text/plain' },
    responseBody: 'ok',
    note: null,
    sends: 1,
    targetUrl: 'https://receiver.example/',
    verdict: { outcome: 'success', status: 'delivered', reason: null, waitMs: null, ...verdict },
    ...rest,
  };
}

/** The verdict of a failure that is to be retried. */
export const retryIn = (waitMs: number): AttemptRecord['verdict'] => ({
  outcome: 'failed_attempt',
  status: 'pending',
  reason: 'retry_scheduled',
  waitMs,
});

export const EXHAUSTED: AttemptRecord['verdict'] = {
  outcome: 'failure',
  status: 'failed',
  reason: 'exhausted',
  waitMs: null,
};
