import { sql, type Kysely } from 'kysely';
import type { DB } from '../database/tables.ts';

/** An event without its payload. */
export type EventRow = {
  id: string;
  tenant: string;
  event_type: string;
  payload_bytes: number;
  idempotency_key: string | null;
  ordering_key: string | null;
};

export type EventFilter = {
  /** Null: of every tenant. */
  readonly tenant: string | null;
  readonly eventType?: string | undefined;
  readonly receivedFrom?: Date | undefined;
  readonly receivedBefore?: Date | undefined;
};

const COLUMNS = [
  'id',
  'tenant',
  'event_type',
  'payload_bytes',
  'idempotency_key',
  'ordering_key',
] as const satisfies readonly (keyof EventRow)[];

/** At most `limit` events, newest first, with ids below `beforeId`. */
export async function findEvents(
  db: Kysely<DB>,
  filter: EventFilter,
  { limit, beforeId }: { limit: number; beforeId?: string | undefined },
): Promise<EventRow[]> {
  const { tenant, eventType, receivedFrom, receivedBefore } = filter;
  let query = db.selectFrom('events').select(COLUMNS).orderBy('id', 'desc').limit(limit);
  if (tenant !== null) query = query.where('tenant', '=', tenant);
  if (eventType !== undefined) query = query.where('event_type', '=', eventType);
  if (beforeId !== undefined) query = query.where('id', '<', beforeId);
  if (receivedFrom !== undefined) {
    query = query.where('id', '>=', sql<string>`posthorn.uuid_floor(${receivedFrom})`);
  }
  if (receivedBefore !== undefined) {
    query = query.where('id', '<', sql<string>`posthorn.uuid_floor(${receivedBefore})`);
  }
  return query.execute();
}

/** Those of the given events that are still kept, newest first. */
export async function findEventsById(db: Kysely<DB>, ids: readonly string[]): Promise<EventRow[]> {
  return db
    .selectFrom('events')
    .select(COLUMNS)
    .where('id', '=', sql<string>`any (${ids}::uuid[])`)
    .orderBy('id', 'desc')
    .execute();
}

export async function findEvent(
  db: Kysely<DB>,
  tenant: string | null,
  id: string,
): Promise<EventRow | undefined> {
  const query = db.selectFrom('events').select(COLUMNS).where('id', '=', id);
  return (tenant === null ? query : query.where('tenant', '=', tenant)).executeTakeFirst();
}

export type EventContent = {
  event_type: string;
  payload: string;
  headers: Record<string, string> | null;
};

/** The content that subscribers receive and filters evaluate. */
export async function findContent(
  db: Kysely<DB>,
  tenant: string | null,
  id: string,
): Promise<EventContent | undefined> {
  const query = db
    .selectFrom('events')
    .select(['event_type', 'payload', 'headers'])
    .where('id', '=', id)
    .$castTo<EventContent>();
  return (tenant === null ? query : query.where('tenant', '=', tenant)).executeTakeFirst();
}

/** The payload's text, which is its bytes in UTF-8. */
export async function findPayload(
  db: Kysely<DB>,
  tenant: string | null,
  id: string,
): Promise<string | undefined> {
  const query = db.selectFrom('events').select('payload').where('id', '=', id);
  const row = await (tenant === null
    ? query
    : query.where('tenant', '=', tenant)
  ).executeTakeFirst();
  return row?.payload;
}
