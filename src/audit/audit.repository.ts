import { sql, type Kysely } from 'kysely';
import type { Pool } from 'pg';
import type { DB } from '../database/tables.ts';

export type AuditEntry = {
  id: string;
  created_at: Date;
  /** Whom it concerned; null where it was no single tenant. */
  tenant: string | null;
  /** An API key's id, `environment:1` or `loopback`. */
  actor: string;
  operation: string;
  target_id: string | null;
  status: number;
  address: string;
  request_id: string;
};

export type AuditFilter = {
  /** Null: of every tenant. */
  readonly tenant: string | null;
  readonly actor?: string | undefined;
  readonly operation?: string | undefined;
  readonly targetId?: string | undefined;
  readonly after?: Date | undefined;
  readonly before?: Date | undefined;
};

export async function insertEntry(
  db: Kysely<DB>,
  entry: Omit<AuditEntry, 'id' | 'created_at'>,
): Promise<void> {
  await db
    .insertInto('audit_log')
    .values({ id: sql`posthorn.uuid_v7()`, ...entry })
    .execute();
}

/** At most `limit` entries, newest first, older than the one named. */
export async function findEntries(
  db: Kysely<DB>,
  filter: AuditFilter,
  { limit, beforeId }: { limit: number; beforeId?: string | undefined },
): Promise<AuditEntry[]> {
  const { tenant, actor, operation, targetId, after, before } = filter;
  let query = db.selectFrom('audit_log').selectAll().orderBy('id', 'desc').limit(limit);
  if (tenant !== null) query = query.where('tenant', '=', tenant);
  if (actor !== undefined) query = query.where('actor', '=', actor);
  if (operation !== undefined) query = query.where('operation', '=', operation);
  if (targetId !== undefined) query = query.where('target_id', '=', targetId);
  if (after) query = query.where('id', '>=', sql<string>`posthorn.uuid_floor(${after})`);
  if (before) query = query.where('id', '<', sql<string>`posthorn.uuid_floor(${before})`);
  if (beforeId !== undefined) query = query.where('id', '<', beforeId);
  return query.execute();
}

/** Forgets entries older than `retentionDays`. Answers how many. */
export async function deleteEntries(
  pool: Pool,
  retentionDays: number,
  limit: number,
): Promise<number> {
  const { rowCount } = await pool.query(
    `delete from posthorn.audit_log
    where id in (
      select id from posthorn.audit_log
      where id < posthorn.uuid_floor(now() - $1 * interval '1 day')
      order by id
      limit $2
    )`,
    [retentionDays, limit],
  );
  return rowCount ?? 0;
}
