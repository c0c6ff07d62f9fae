import { api, ask } from '../api/client.ts';
import { useResource } from '../data/use-resource.ts';
import { REASON } from '../explain.ts';
import type { DeliveryReason } from '../api/types.ts';
import { Link, href } from '../router.tsx';
import { Badge } from './badge.tsx';

const LIMIT = 200;

/** The waiting deliveries of a subscription, by reason: retries, the breaker, a limit. */
export function SubscriptionWaiting({ id }: { id: string }) {
  const waiting = useResource(
    `waiting ${id}`,
    (signal) =>
      ask(
        api.GET('/deliveries', {
          params: { query: { subscription_id: id, status: ['pending'], limit: LIMIT } },
          signal,
        }),
      ),
    { refreshMs: 3_000 },
  );
  const rows = waiting.data?.data ?? [];
  if (rows.length === 0) return null;
  const counts = new Map<DeliveryReason | null, number>();
  for (const { reason } of rows) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  const hasMore = waiting.data?.next_cursor !== null;
  return (
    <p className="waiting">
      <Link to={href.deliveries({ subscription_id: id, status: 'pending' })}>
        {hasMore ? `More than ${LIMIT}` : rows.length} waiting
      </Link>
      {[...counts].map(([reason, count]) => (
        <Badge key={reason} tone={reason === null || reason === 'released' ? 'wait' : 'held'}>
          {count}
          {hasMore ? '+' : ''} · {reason === null ? 'Queued' : (REASON[reason] ?? reason)}
        </Badge>
      ))}
    </p>
  );
}
