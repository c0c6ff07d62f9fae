import { sql, type Kysely } from 'kysely';
import type { Pool } from 'pg';
import type { DB } from '../database/tables.ts';
import type { PortalSession } from './portal-session.ts';

const COLUMNS = [
  'id',
  'tenant',
  'read_only',
  'created_at',
  'expires_at',
] as const satisfies readonly (keyof PortalSession)[];

export type NewPortalSession = {
  readonly tenant: string;
  readonly digest: Buffer;
  readonly isReadOnly: boolean;
  readonly expiresInSeconds: number;
};

export async function insertSession(
  db: Kysely<DB>,
  { tenant, digest, isReadOnly, expiresInSeconds }: NewPortalSession,
): Promise<PortalSession> {
  return db
    .insertInto('portal_sessions')
    .values({
      id: sql`posthorn.uuid_v7()`,
      tenant,
      digest,
      read_only: isReadOnly,
      expires_at: sql`now() + ${expiresInSeconds} * interval '1 second'`,
    })
    .returning(COLUMNS)
    .$castTo<PortalSession>()
    .executeTakeFirstOrThrow();
}

/** The session of a token with this digest, unless it has expired. */
export async function findValidSession(
  db: Kysely<DB>,
  digest: Buffer,
): Promise<PortalSession | undefined> {
  return db
    .selectFrom('portal_sessions')
    .select(COLUMNS)
    .where('digest', '=', digest)
    .where('expires_at', '>', sql<Date>`now()`)
    .$castTo<PortalSession>()
    .executeTakeFirst();
}

/** False when there is no such session any more. */
export async function deleteSession(
  db: Kysely<DB>,
  tenant: string | null,
  id: string,
): Promise<boolean> {
  const { numDeletedRows } = await db
    .deleteFrom('portal_sessions')
    .where('id', '=', id)
    .where('expires_at', '>', sql<Date>`now()`)
    .where((is) => (tenant === null ? is.lit(true) : is('tenant', '=', tenant)))
    .executeTakeFirst();
  return numDeletedRows > 0n;
}

export async function deleteSessionsOf(db: Kysely<DB>, tenant: string): Promise<void> {
  await db.deleteFrom('portal_sessions').where('tenant', '=', tenant).execute();
}

export async function deleteExpiredSessions(pool: Pool): Promise<void> {
  await pool.query('delete from posthorn.portal_sessions where expires_at <= now()');
}
