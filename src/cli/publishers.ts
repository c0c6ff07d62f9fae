import { sql, type Kysely } from 'kysely';
import type { DB } from '../database/tables.ts';
import { StartError } from '../base/start-error.ts';
import { UsageError, type Input, type Run } from './command.ts';
import { withDatabase } from './with-database.ts';

const TENANT = /^[A-Za-z0-9._:-]{1,128}$/;

/*
 * `posthorn grant-publisher` and `revoke-publisher` work on the database, whose roles they are
 * about. The user in DATABASE_URL has to own Posthorn's schema.
 */

export const grantPublisher: Run = async (input, { terminal }) => {
  const [role = ''] = input.args;
  const tenants = readTenants(input);
  await withDatabase(async (db) => {
    await assertRole(db, role);
    await sql`select posthorn.grant_publisher(${role}, ${tenants})`.execute(db);
  });
  terminal.note(
    `The role ${role} may call posthorn.publish() for ${tenants?.join(', ') ?? 'every tenant'}.`,
  );
  terminal.json({ role, tenants });
};

export const revokePublisher: Run = async (input, { terminal }) => {
  const [role = ''] = input.args;
  const tenants = readTenants(input);
  let mayPublish = false;
  await withDatabase(async (db) => {
    const { rows } = await sql<{ may_publish: boolean }>`
      select posthorn.revoke_publisher(${role}, ${tenants}) as may_publish
    `.execute(db);
    mayPublish = rows[0]?.may_publish === true;
  });
  terminal.note(
    mayPublish
      ? `Revoked. The role ${role} may still call posthorn.publish() for the others it was granted.`
      : `Revoked. The role ${role} may no longer call posthorn.publish().`,
  );
  terminal.json({ role, may_publish: mayPublish });
};

/** Null: no tenant was named. */
function readTenants(input: Input): string[] | null {
  const tenants = [...new Set(input.list('tenant'))];
  if (tenants.some((tenant) => !TENANT.test(tenant))) {
    throw new UsageError('--tenant takes 1 to 128 letters, digits and . _ : -');
  }
  return tenants.length === 0 ? null : tenants;
}

async function assertRole(db: Kysely<DB>, role: string): Promise<void> {
  const { rows } = await sql`select from pg_roles where rolname = ${role}`.execute(db);
  if (rows.length > 0) return;
  throw new StartError(
    `The role ${JSON.stringify(role)} does not exist. Create it first: create role … login password '…'`,
  );
}
