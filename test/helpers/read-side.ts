import { sql } from 'kysely';
import type { Test } from 'tap';
import { deliveryHandlers } from '../../src/log/deliveries.handlers.ts';
import { createCustodyInquiry } from '../../src/workers/custody-inquiry.ts';
import { createDeliveryService } from '../../src/log/deliveries.service.ts';
import { eventLogHandlers } from '../../src/log/event-log.handlers.ts';
import { createEventLogService } from '../../src/log/event-log.service.ts';
import { createLogger } from '../../src/base/logger.ts';
import { QUEUE_SCHEMA } from '../../src/database/queue-schema.ts';
import {
  endDeliveries,
  loadQueuedDeliveries,
  parkDeliveries,
} from '../../src/queue/delivery-queue.repository.ts';
import type { EndedDelivery, QueuedDelivery } from '../../src/queue/queued-delivery.ts';
import type { TaskPayloads } from '../../src/queue/tasks.ts';
import { createAddressGuard } from '../../src/sender/address-guard.ts';
import { createSecretBox } from '../../src/subscriptions/secret-box.ts';
import { createSubscriptionDirectory } from '../../src/subscriptions/subscription-directory.ts';
import { createSubscriptionService } from '../../src/subscriptions/subscriptions.service.ts';
import { byTestTenant, startApi } from './api.ts';
import type { Answer } from './contract.ts';
import { createTestDatabase, type TestDatabase } from './postgres.ts';

const NO_STORE = { get: async () => undefined, set: async () => {}, delete: async () => {} };

/** What reads and acts on events and deliveries, over HTTP, with a database of its own. */
export async function startReadSide(t: Test) {
  const database = await createTestDatabase(t);
  const { db, url } = database;
  const logger = createLogger({ logLevel: 'silent' });
  const secretBox = createSecretBox([]);
  const directory = createSubscriptionDirectory({
    db,
    databaseUrl: url,
    store: NO_STORE,
    secretBox,
    ttlSeconds: 600,
    logger,
  });
  t.teardown(() => directory.close());
  const guard = createAddressGuard({ allowedPrivateCidrs: [] });
  const subscriptions = createSubscriptionService({ db, directory, guard, secretBox });
  const inquiry = createCustodyInquiry({
    db,
    pool: database.pool,
    databaseUrl: url,
    local: new Map(),
    logger,
  });
  t.teardown(() => inquiry.close());
  const deliveries = createDeliveryService({ db, inquiry, subscriptions });
  const events = createEventLogService({ db, deliveries });
  const { call, origin } = await startApi(
    t,
    { ...deliveryHandlers({ deliveries }), ...eventLogHandlers({ events }) },
    { authenticate: byTestTenant },
  );
  return { call, origin, ...database, ...seeding(database) };
}

export type Call = Awaited<ReturnType<typeof startReadSide>>['call'];

export const get = (call: Call, path: string, tenant?: string): Promise<Answer> =>
  call('GET', path, { headers: tenant === undefined ? {} : { 'x-test-tenant': tenant } });

export const post = (call: Call, path: string, tenant?: string): Promise<Answer> =>
  call('POST', path, { headers: tenant === undefined ? {} : { 'x-test-tenant': tenant } });

/** Every entry of a list, page by page, and how many pages that took. */
export async function readAll(call: Call, path: string) {
  const entries: any[] = [];
  let cursor: string | null = null;
  let pages = 0;
  do {
    const separator = path.includes('?') ? '&' : '?';
    const { body } = await get(call, cursor ? `${path}${separator}cursor=${cursor}` : path);
    entries.push(...body.data);
    cursor = body.next_cursor;
    pages += 1;
  } while (cursor !== null);
  return { entries, pages };
}

type Recorded = {
  status?: string;
  reason?: string | null;
  outcome?: string;
  statusCode?: number | null;
  number?: number;
  waitMs?: number | null;
  ageMs?: number;
  error?: { kind: string; message: string } | null;
  responseHeaders?: object | null;
  responseBody?: string | null;
};

type Published = {
  type?: string;
  payload?: string;
  tenant?: string;
  idempotencyKey?: string;
  orderingKey?: string;
};

type Seeded = { eventId: string; deliveryIds: string[] };

function seeding({ db, pool }: TestDatabase) {
  async function insertSubscription(
    fields: { tenant?: string; eventTypes?: string[] | null; status?: string } = {},
  ): Promise<string> {
    const { tenant = 'default', eventTypes = null, status = 'active' } = fields;
    const { id } = await db
      .insertInto('subscriptions')
      .values({
        id: sql`posthorn.uuid_v7()`,
        tenant,
        target_url: 'https://receiver.example/hooks',
        event_types: eventTypes,
        status,
        disabled_reason: status === 'disabled' ? 'gone' : null,
      })
      .returning('id')
      .executeTakeFirstOrThrow();
    return id;
  }

  async function deliveriesOf(eventId: string): Promise<string[]> {
    const { rows } = await pool.query<{ id: string }>(
      'select id from posthorn.deliveries where event_id = $1 order by id desc',
      [eventId],
    );
    return rows.map(({ id }) => id);
  }

  /** Publishes as an application that shares the database does. */
  async function publish(event: Published = {}): Promise<Seeded> {
    const { type = 'order.created', payload = '{}', tenant = 'default' } = event;
    const {
      rows: [row],
    } = await pool.query<{ id: string }>(
      'select posthorn.publish($1, $2::json, $3, $4, $5) as id',
      [type, payload, tenant, event.idempotencyKey, event.orderingKey],
    );
    const eventId = (row as { id: string }).id;
    return { eventId, deliveryIds: await deliveriesOf(eventId) };
  }

  /** Accepts an event under an id that is given: for one time or for several at one time. */
  async function accept(eventId: string, event: Published = {}): Promise<Seeded> {
    const { type = 'order.created', payload = '{}', tenant = 'default' } = event;
    await pool.query(
      `select posthorn.accept_events(array[$1::uuid], array[1], array[$2], array[$3], $4,
        array[octet_length($4)], array[null::text], array[null::text], array[null::uuid],
        array[null::bigint], array[null::text], array[null::text])`,
      [eventId, tenant, type, payload],
    );
    return { eventId, deliveryIds: await deliveriesOf(eventId) };
  }

  /** Records an attempt as a worker does, by default a last one that was answered 500. */
  async function record(deliveryId: string, attempt: Recorded = {}): Promise<void> {
    const {
      status = 'failed',
      number = 1,
      statusCode = 500,
      waitMs = null,
      ageMs = 5,
      error = { kind: 'rejected', message: 'The receiver answered 500.' },
      responseHeaders = { 'content-type': 'text/plain' },
      responseBody = 'out of paper',
    } = attempt;
    const isDelivered = status === 'delivered';
    const ofFailure = waitMs === null ? 'failure' : 'failed_attempt';
    const { rowCount } = await pool.query(
      `select posthorn.record_attempts(null, array[$1::uuid], array[$2::smallint], array[$3],
        array[$4::smallint], array[38], array[$5::integer], array[$6], array[$7], array[$8],
        array[$9], array[null], array[1::smallint], array['https://receiver.example/hooks'], array[$10], array[$11],
        array[$12::bigint])`,
      [
        deliveryId,
        number,
        attempt.outcome ?? (isDelivered ? 'success' : ofFailure),
        statusCode,
        ageMs,
        error?.kind,
        error?.message,
        responseHeaders && JSON.stringify(responseHeaders),
        responseBody,
        status,
        attempt.reason ?? (isDelivered ? null : waitMs === null ? 'exhausted' : 'retry_scheduled'),
        waitMs,
      ],
    );
    if (rowCount !== 1) throw new Error('the attempt was not recorded');
  }

  const deliver = (deliveryId: string, number = 1) =>
    record(deliveryId, { number, status: 'delivered', statusCode: 204, error: null });

  /** A tenant with one subscription, to everything. */
  async function insertTenant(tenant: string) {
    return { tenant, subscriptionId: await insertSubscription({ tenant }) };
  }

  async function publishTo(tenant: string, type?: string) {
    const { eventId, deliveryIds } = await publish({ tenant, type });
    return { eventId, id: deliveryIds[0] as string };
  }

  const park = (id: string, reason: string) =>
    parkDeliveries(pool, null, [{ id, reason, waitMs: null }]);

  /** Leaves an attempt under way, under a lease, as a test send does. */
  async function lease(id: string): Promise<void> {
    const { rowCount } = await pool.query(
      `update posthorn.deliveries set status = 'delivering', reason = 'in_flight',
        leased_by = 'test send', next_attempt_at = now() + interval '30 seconds'
      where id = $1 and status = 'pending'`,
      [id],
    );
    if (rowCount !== 1) throw new Error('the delivery was not leased');
  }

  const end = (id: string, status: EndedDelivery['status'], reason: string) =>
    endDeliveries(pool, null, [{ id, status, reason }]);

  async function findJobs(): Promise<TaskPayloads['deliver'][]> {
    const { rows } = await pool.query<{ payload: TaskPayloads['deliver'] }>(
      `select j.payload
      from ${QUEUE_SCHEMA}._private_jobs as j
      join ${QUEUE_SCHEMA}._private_tasks as t on t.id = j.task_id
      where t.identifier = 'deliver'
      order by j.id`,
    );
    return rows.map(({ payload }) => payload);
  }

  /** The ids that `deliver` jobs carry, oldest job first. */
  async function findQueued(): Promise<string[]> {
    return (await findJobs()).flatMap(({ deliveries }) => [...deliveries]);
  }

  /** Of those the deliveries that a worker with these jobs would send. */
  async function loadQueued(): Promise<QueuedDelivery[]> {
    const loaded = (await findJobs()).map(({ deliveries, tickets }) =>
      loadQueuedDeliveries(pool, deliveries, tickets ?? null),
    );
    return (await Promise.all(loaded)).flat();
  }

  /** What the queue looks like once workers have done all jobs. */
  const finishJobs = () => pool.query(`delete from ${QUEUE_SCHEMA}._private_jobs`);

  return {
    insertSubscription,
    insertTenant,
    publish,
    publishTo,
    accept,
    record,
    deliver,
    park,
    lease,
    end,
    findQueued,
    loadQueued,
    finishJobs,
  };
}

/** A UUIDv7 of a given moment; ids of one moment are ordered by `order`. */
export function idAt(time: Date, order = 0): string {
  const ms = time.getTime().toString(16).padStart(12, '0');
  return `${ms.slice(0, 8)}-${ms.slice(8)}-7000-8000-${order.toString(16).padStart(12, '0')}`;
}

export const hoursAgo = (hours: number): Date => new Date(Date.now() - hours * 3_600_000);
