import type { Pool } from 'pg';
import type { Service } from './service.ts';
import { until, type UntilOptions } from './until.ts';

export type SeededDeliveries = {
  readonly tenant: string;
  readonly subscriptionId: string;
  readonly count: number;
  readonly status?: 'delivered' | 'failed' | 'discarded' | 'cancelled' | 'filtered';
  readonly eventType?: string;
  /** How long ago the first was made; the rest follow by the millisecond. */
  readonly minutesAgo?: number;
};

/** Events with a delivery each that has ended, as if they had had two attempts. */
export async function seedEnded(pool: Pool, seeded: SeededDeliveries): Promise<void> {
  const { tenant, subscriptionId, count, status = 'failed', eventType = 'order.created' } = seeded;
  await pool.query(
    `with event as (
      insert into posthorn.events (id, tenant, event_type, payload, payload_bytes)
      select posthorn.uuid_v7(now() - $6 * interval '1 minute' + n * interval '1 millisecond'),
        $1, $5, '{"n":' || n || '}', octet_length('{"n":' || n || '}')
      from generate_series(1, $3::integer) as n
      returning id
    )
    insert into posthorn.deliveries (id, tenant, event_id, subscription_id, event_type, status,
      reason, attempt_count, status_code, completed_at)
    select posthorn.uuid_sibling(id), $1, id, $2, $5,
      case $4 when 'filtered' then 'discarded' else $4 end,
      case $4 when 'filtered' then 'filtered' when 'delivered' then null when 'failed' then 'exhausted'
        when 'cancelled' then 'cancelled_by_request' else 'subscription_disabled' end,
      2, 500, now()
    from event`,
    [tenant, subscriptionId, count, status, eventType, seeded.minutesAgo ?? 30],
  );
}

/** What tests ask of replays, over HTTP. */
export function replayClient({ call }: Pick<Service, 'call'>) {
  async function start(id: string, body: object = {}): Promise<any> {
    const answer = await call('POST', `/subscriptions/${id}/replay`, { json: body });
    if (answer.status !== 202) throw new Error(`answered ${answer.status}: ${answer.text}`);
    return answer.body;
  }

  const read = async (id: string): Promise<any> => (await call('GET', `/replays/${id}`)).body;

  const steer = (id: string, how: 'pause' | 'resume' | 'cancel') =>
    call('POST', `/replays/${id}/${how}`);

  /** The replay, once its state is the one named. */
  const untilReplay = (id: string, status: string, options: UntilOptions = {}): Promise<any> =>
    until(
      async () => {
        const replay = await read(id);
        return replay.status === status && replay;
      },
      { what: `the replay to be ${status}`, timeoutMs: 30_000, ...options },
    );

  return { start, read, steer, untilReplay };
}
