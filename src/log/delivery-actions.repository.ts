import { sql, type Kysely, type Transaction } from 'kysely';
import type { DB } from '../database/tables.ts';
import type { Register } from '../workers/register.ts';
import {
  DELIVERY_COLUMNS,
  type DeliveryRow,
  type NarrowedDelivery,
} from './deliveries.repository.ts';
import { UNDELIVERED_STATUSES } from '../queue/delivery.ts';

/**
 * Queues a delivery again, at once, provided that it ended undelivered or waits for its next
 * attempt and that its subscription takes deliveries. A delivery that had ended gets a whole new schedule; a
 * retry moved forward stays a part of its own.
 */
export async function setReleased(
  trx: Transaction<DB>,
  tenant: string | null,
  id: string,
): Promise<DeliveryRow | undefined> {
  const update = trx
    .updateTable('deliveries as d')
    .set({
      status: 'pending',
      reason: 'released',
      attempt_base: sql`case d.status when 'pending' then d.attempt_base else d.attempt_count end`,
      next_attempt_at: null,
      completed_at: null,
      queue_ticket: sql`d.queue_ticket + 1`,
      retried_at: sql`now()`,
    })
    .where('d.id', '=', id)
    .where((eb) =>
      eb.or([
        eb('d.status', 'in', UNDELIVERED_STATUSES),
        eb('d.status', '=', 'pending').and('d.next_attempt_at', 'is not', null),
      ]),
    )
    .where((eb) =>
      eb.exists(
        eb
          .selectFrom('subscriptions as s')
          .select('s.id')
          .whereRef('s.id', '=', 'd.subscription_id')
          .where('s.status', '=', 'active'),
      ),
    );
  const row = await (tenant === null ? update : update.where('d.tenant', '=', tenant))
    .returning(DELIVERY_COLUMNS)
    .$narrowType<NarrowedDelivery>()
    .executeTakeFirst();
  if (row !== undefined) {
    await enterOrder(trx, id);
    await sql`select posthorn.requeue_deliveries(array[d.id], array[d.queue_ticket])
      from posthorn.deliveries as d where d.id = ${id}`.execute(trx);
  }
  return row;
}

/**
 * Ending took the delivery out of the line of its ordering key. It takes its place again, or else
 * it would wait for those before it and no one would call it.
 */
async function enterOrder(trx: Transaction<DB>, id: string): Promise<void> {
  await trx
    .insertInto('ordered_deliveries')
    .columns(['tenant', 'subscription_id', 'ordering_key', 'delivery_id'])
    .expression((eb) =>
      eb
        .selectFrom('deliveries as d')
        .select(['d.tenant', 'd.subscription_id', 'd.ordering_key', 'd.id'])
        .where('d.id', '=', id)
        .where('d.ordering_key', 'is not', null)
        .$narrowType<{ ordering_key: string }>(),
    )
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

/**
 * Ends a delivery that waits or is held, that a dead worker had leased, or that is queued while
 * every worker withholds it. Answers whether it did.
 */
export async function cancelDelivery(
  db: Kysely<DB>,
  tenant: string | null,
  id: string,
  { workers, until }: Register,
): Promise<boolean> {
  const { rows } = await sql<{ is_cancelled: boolean }>`
    select posthorn.cancel_delivery(
      ${id}::uuid, ${tenant}::text, ${workers}::text[], ${until}::timestamptz) as is_cancelled
  `.execute(db);
  return rows[0]?.is_cancelled === true;
}
