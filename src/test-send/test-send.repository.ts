import type { Pool } from 'pg';

/**
 * Stores a sample event with one delivery that its sender has leased; should the sender die, the
 * lease runs out after a minute and the delivery is queued like any other. Answers its id.
 */
export async function insertTestDelivery(
  pool: Pool,
  event: { id: string; tenant: string; eventType: string; payload: string },
  subscriptionId: string,
): Promise<string> {
  const { rows } = await pool.query<{ id: string }>(
    `with event as (
      insert into posthorn.events (id, tenant, event_type, payload, payload_bytes)
      values ($1, $2, $3, $4, octet_length($4))
      returning id, tenant, event_type
    )
    insert into posthorn.deliveries (
      id, tenant, event_id, subscription_id, event_type, status, reason, leased_by, next_attempt_at)
    select posthorn.uuid_sibling(id), tenant, id, $5, event_type, 'delivering', 'in_flight',
      'test send', now() + interval '1 minute'
    from event
    returning id`,
    [event.id, event.tenant, event.eventType, event.payload, subscriptionId],
  );
  return (rows[0] as { id: string }).id;
}
