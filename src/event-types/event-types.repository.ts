import { sql, type Kysely, type Transaction } from 'kysely';
import { DatabaseError } from 'pg';
import type { DB } from '../database/tables.ts';
import { AppError } from '../base/errors.ts';
import { parseExact } from '../json/exact-json.ts';
import type { Enforcement, EventType } from './event-type.ts';
import type { JsonSchema } from './json-schema.ts';

export type EventTypeFilter = {
  /** Null: of every tenant. */
  readonly tenant: string | null;
  /** Those whose name or description holds this text, in any case. */
  readonly text?: string | undefined;
};

/** The columns that a client's input becomes. */
export type EventTypeValues = {
  description?: string | null;
  schema?: string | null;
  example?: string | null;
  version?: number;
  deprecated_at?: Date | null;
  replaced_by?: string | null;
  enforce?: Enforcement;
};

type Row = Omit<EventType, 'schema' | 'example'> & {
  schema: string | null;
  example: string | null;
};

/** At most `limit` types by tenant and name, past the one named. */
export async function findEventTypes(
  db: Kysely<DB>,
  { tenant, text }: EventTypeFilter,
  { limit, after }: { limit: number; after?: readonly [tenant: string, name: string] | undefined },
): Promise<EventType[]> {
  let query = db
    .selectFrom('event_types')
    .selectAll()
    .orderBy('tenant')
    .orderBy('name')
    .limit(limit);
  if (tenant !== null) query = query.where('tenant', '=', tenant);
  if (after !== undefined) {
    query = query.where(sql<boolean>`(tenant, name) > (${after[0]}, ${after[1]})`);
  }
  if (text !== undefined) {
    const pattern = `%${text.replaceAll(/[\\%_]/g, '\\$&')}%`;
    query = query.where((is) =>
      is.or([is('name', 'ilike', pattern), is('description', 'ilike', pattern)]),
    );
  }
  return (await query.$castTo<Row>().execute()).map(read);
}

export async function findEventType(
  db: Kysely<DB>,
  tenant: string,
  name: string,
): Promise<EventType | undefined> {
  const row = await selectEventType(db, tenant, name).executeTakeFirst();
  return row && read(row);
}

/** Reads a type and keeps everyone else from changing it until the transaction ends. */
export async function lockEventType(
  trx: Transaction<DB>,
  tenant: string,
  name: string,
): Promise<EventType | undefined> {
  const row = await selectEventType(trx, tenant, name).forUpdate().executeTakeFirst();
  return row && read(row);
}

/** Until the transaction ends nobody else adds to the tenant's catalogue. Answers how many it has. */
export async function lockCatalogue(trx: Transaction<DB>, tenant: string): Promise<number> {
  await sql`select pg_advisory_xact_lock(hashtext('posthorn.event_types'), hashtext(${tenant}))`.execute(
    trx,
  );
  const { count } = await trx
    .selectFrom('event_types')
    .select(({ fn }) => fn.countAll().as('count'))
    .where('tenant', '=', tenant)
    .executeTakeFirstOrThrow();
  return Number(count);
}

/** @throws AppError `event_type_exists` */
export async function insertEventType(
  trx: Transaction<DB>,
  key: { tenant: string; name: string },
  values: EventTypeValues,
): Promise<EventType> {
  return trx
    .insertInto('event_types')
    .values({ ...key, ...values })
    .returningAll()
    .$castTo<Row>()
    .executeTakeFirstOrThrow()
    .then(read, rethrow);
}

export async function setEventType(
  trx: Transaction<DB>,
  { tenant, name }: { tenant: string; name: string },
  values: EventTypeValues,
): Promise<EventType> {
  const row = await trx
    .updateTable('event_types')
    .set({ ...values, updated_at: sql`now()` })
    .where('tenant', '=', tenant)
    .where('name', '=', name)
    .returningAll()
    .$castTo<Row>()
    .executeTakeFirstOrThrow();
  return read(row);
}

/** False when there is no such type. */
export async function deleteEventType(
  db: Kysely<DB>,
  tenant: string,
  name: string,
): Promise<boolean> {
  const { numDeletedRows } = await db
    .deleteFrom('event_types')
    .where('tenant', '=', tenant)
    .where('name', '=', name)
    .executeTakeFirst();
  return numDeletedRows > 0n;
}

/** The data of each type that accepting needs. `made` distinguishes types that had the same name. */
export type Rule = {
  readonly name: string;
  readonly enforce: Enforcement;
  readonly version: number;
  readonly made: string;
};

/** @param areAllWanted also those that enforce nothing, whose names are known all the same */
export async function findRules(
  db: Kysely<DB>,
  tenant: string,
  areAllWanted: boolean,
): Promise<Rule[]> {
  return db
    .selectFrom('event_types')
    .select(['name', 'enforce', 'version', sql<string>`created_at::text`.as('made')])
    .where('tenant', '=', tenant)
    .$if(!areAllWanted, (query) => query.where('enforce', '<>', 'off'))
    .$castTo<Rule>()
    .execute();
}

function selectEventType(db: Kysely<DB>, tenant: string, name: string) {
  return db
    .selectFrom('event_types')
    .selectAll()
    .where('tenant', '=', tenant)
    .where('name', '=', name)
    .$castTo<Row>();
}

function read({ schema, example, ...row }: Row): EventType {
  return {
    ...row,
    schema: schema === null ? null : (parseExact(schema) as JsonSchema),
    example: example === null ? null : parseExact(example),
  };
}

const UNIQUE_VIOLATION = '23505';

function rethrow(error: unknown): never {
  if (!(error instanceof DatabaseError) || error.code !== UNIQUE_VIOLATION) throw error;
  throw new AppError('event_type_exists', 'There is already an event type with this name.', {
    errors: [{ pointer: '/name', detail: 'is taken' }],
    cause: error,
  });
}
