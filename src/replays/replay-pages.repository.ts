import { first } from '../base/must.ts';
import { sql, type Kysely, type RawBuilder, type Transaction } from 'kysely';
import type { DB } from '../database/tables.ts';
import { isRearming, type ReplayScope, type ReplayStatus } from './replay.ts';
import { withFilter, type ReplayRow, type WithFilterText } from './replays.repository.ts';

/** One page of a replay. */
export type Page = {
  /** The items, in order: deliveries or events, as the scope has it. */
  readonly ids: readonly string[];
  /** The events of these, one by one. */
  readonly event_ids: readonly string[];
  /** How many rows were looked at, and the last of them. */
  readonly scanned: number;
  readonly last_id: string | null;
};

/** The next `limit` rows of a scope's own after `afterId`, whether asked for or not. */
function rowsOf(scope: ReplayScope, afterId: string, limit: number): RawBuilder<unknown> {
  return scope.source === 'events'
    ? sql`
      select e.id, e.id as event_id, e.event_type, null as status
      from posthorn.events as e
      where e.tenant = ${scope.tenant}
        and e.id > ${afterId}::uuid and e.id < ${scope.before_id}::uuid
      order by e.id
      limit ${limit}`
    : sql`
      select d.id, d.event_id, d.event_type,
        case d.reason when 'filtered' then d.reason else d.status end as status
      from posthorn.deliveries as d
      where d.subscription_id = ${scope.subscription_id}::uuid and d.tenant = ${scope.tenant}
        and d.id > ${afterId}::uuid and d.id < ${scope.before_id}::uuid
      order by d.id
      limit ${limit}`;
}

/** Of these rows, called `candidate`, those asked for; `wanted` is what the target takes. */
function isAsked({ statuses, event_types: types, event_id: eventId, source }: ReplayScope) {
  const ofStatus =
    statuses === null ? sql`true` : sql`candidate.status = any (${statuses}::text[])`;
  const ofType =
    types === null
      ? sql`true`
      : sql`candidate.event_type like any (posthorn.like_patterns(${types}::text[]))`;
  const ofEvent = eventId === null ? sql`true` : sql`candidate.event_id = ${eventId}::uuid`;
  // Operational events go to those who ask for them by name alone, as they do when they happen.
  const isTaken =
    source !== 'events'
      ? sql`true`
      : sql`case
    when candidate.event_type like 'posthorn.%' then candidate.event_type like any (wanted.operational)
    else wanted.likes is null or candidate.event_type like any (wanted.likes) end`;
  return sql`${ofStatus} and ${ofType} and ${ofEvent} and ${isTaken}`;
}

function wantedBy({ target_subscription_id: id }: ReplayScope): RawBuilder<unknown> {
  return sql`
    select s.event_type_likes as likes, array(
      select pattern from unnest(s.event_type_likes) as pattern where pattern like 'posthorn.%'
    ) as operational
    from posthorn.subscriptions as s
    where s.id = ${id}::uuid`;
}

/**
 * The page after `afterId`: what is asked for, at most `limit`, among at most `scan` rows, so that
 * its cost is bounded however few are asked for.
 */
export async function findPage(
  db: Kysely<DB>,
  scope: ReplayScope,
  { afterId, scan, limit }: { afterId: string; scan: number; limit: number },
): Promise<Page> {
  const { rows } = await sql<Page>`
    with wanted as materialized (${wantedBy(scope)}),
    candidate as materialized (${rowsOf(scope, afterId, scan)}),
    asked as materialized (
      select candidate.id, candidate.event_id
      from candidate
      left join wanted on true
      where ${isAsked(scope)}
      order by candidate.id
      limit ${limit}
    )
    select
      array(select id from asked order by id) as ids,
      array(select event_id from asked order by id) as event_ids,
      (select count(*)::integer from candidate) as scanned,
      (select id from candidate order by id desc limit 1) as last_id
  `.execute(db);
  return first(rows, 'a page');
}

/** Has the transaction read pages as the connections do that replays are done over. */
export async function readInOrder(trx: Transaction<DB>): Promise<void> {
  await sql`set local enable_sort = off`.execute(trx);
}

export type PageCount = {
  readonly asked: number;
  /** Of those asked for, how many the target has a delivery of already. */
  readonly skipped: number;
  readonly scanned: number;
  readonly first_id: string | null;
  readonly last_id: string | null;
};

/** Counts among the next `scan` rows after `afterId`. */
export async function countPage(
  db: Kysely<DB>,
  scope: ReplayScope,
  { afterId, scan }: { afterId: string; scan: number },
): Promise<PageCount> {
  const isSkipped = isRearming(scope)
    ? sql`false`
    : sql`exists (
    select from posthorn.deliveries as d
    where d.id >= posthorn.uuid_first_sibling(asked.event_id)
      and d.id <= posthorn.uuid_last_sibling(asked.event_id)
      and d.event_id = asked.event_id
      and d.subscription_id = ${scope.target_subscription_id}::uuid)`;
  const { rows } = await sql<PageCount>`
    with wanted as materialized (${wantedBy(scope)}),
    candidate as materialized (${rowsOf(scope, afterId, scan)}),
    asked as materialized (
      select candidate.event_id from candidate left join wanted on true where ${isAsked(scope)}
    )
    select
      (select count(*)::integer from asked) as asked,
      (select count(*)::integer from asked where ${isSkipped}) as skipped,
      (select count(*)::integer from candidate) as scanned,
      (select id from candidate order by id limit 1) as first_id,
      (select id from candidate order by id desc limit 1) as last_id
  `.execute(db);
  return first(rows, 'the count of a page');
}

export type EventText = {
  readonly type: string;
  /** JSON, as it was received. */
  readonly payload: string;
  readonly headers: Readonly<Record<string, string>> | null;
};

/** The events' contents, by id. Payloads may be large: to be asked for a few at a time. */
export async function findEventTexts(
  db: Kysely<DB>,
  eventIds: readonly string[],
): Promise<Map<string, EventText>> {
  const rows = await db
    .selectFrom('events')
    .select(['id', 'event_type as type', 'payload', 'headers'])
    .where('id', '=', sql<string>`any (${eventIds}::uuid[])`)
    .execute();
  return new Map(
    rows.map(({ id, type, payload, headers }) => [
      id,
      { type, payload, headers: headers as EventText['headers'] },
    ]),
  );
}

/** A replay and what its next page may have to wait for. */
export type Step = ReplayRow & {
  /** Until its rate limit allows the next page; not above 0 when it does. */
  wait_ms: number;
  /** Deliveries of the last page that are still queued, up to the limit asked with. */
  queued: number;
};

export async function findStep(
  db: Kysely<DB>,
  id: string,
  queuedLimit: number,
): Promise<Step | undefined> {
  // The last of two columns of one name counts.
  const { rows } = await sql<WithFilterText<Step>>`
    select r.*, r.filter::text as filter,
      coalesce(extract(epoch from r.next_page_at - clock_timestamp()) * 1000, 0)::float8 as wait_ms,
      case when r.page_queued >= ${queuedLimit}
        then posthorn.replay_queued(r.id, ${queuedLimit}) else 0 end as queued
    from posthorn.replays as r
    where r.id = ${id}::uuid
  `.execute(db);
  const [row] = rows;
  return row && withFilter(row);
}

export type DonePage = {
  readonly id: string;
  readonly afterId: string;
  readonly untilId: string;
  /** What is to be replayed. */
  readonly ids: readonly string[];
  /** How many were asked for. */
  readonly seen: number;
  readonly isLast: boolean;
};

/**
 * Does a page and moves the replay on, in one transaction. Answers the replay's state; null, with
 * nothing done, when it is not running at `afterId` any more.
 */
export async function doPage(db: Kysely<DB>, page: DonePage): Promise<ReplayStatus | null> {
  const { rows } = await sql<{ status: ReplayStatus | null }>`
    select posthorn.replay_page(${page.id}::uuid, ${page.afterId}::uuid, ${page.untilId}::uuid,
      ${page.ids}::uuid[], ${page.seen}, ${page.isLast}) as status
  `.execute(db);
  return rows[0]?.status ?? null;
}
