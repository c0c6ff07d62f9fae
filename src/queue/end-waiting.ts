import type { Pool } from 'pg';
import { inBatches, queryCount } from './counted.ts';
import type { EndedDelivery } from './queued-delivery.ts';

/** Why everything that waits for a subscription ends. */
export type WaitingEnd = {
  readonly subscriptionId: string;
  readonly status: EndedDelivery['status'];
  readonly reason: string;
};

/** Ends deliveries that wait for a subscription. Answers how many. */
export function endWaiting(
  pool: Pool,
  { subscriptionId, status, reason, limit }: WaitingEnd & { readonly limit: number },
): Promise<number> {
  return queryCount(pool, 'select posthorn.end_waiting($1, $2, $3, $4) as count', [
    subscriptionId,
    status,
    reason,
    limit,
  ]);
}

/** Ends everything that waits for a subscription. */
export function endAllWaiting(pool: Pool, end: WaitingEnd): Promise<void> {
  return inBatches((limit) => endWaiting(pool, { ...end, limit }));
}
