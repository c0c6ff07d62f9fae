import { api, ask } from '../api/client.ts';
import { IfMay, useCaller } from '../data/caller.tsx';
import { useResource } from '../data/use-resource.ts';
import { plural } from '../format.ts';
import { Link, href } from '../router.tsx';
import { DeliveryBadge } from './badge.tsx';
import { Notice } from './notice.tsx';
import { SubscriptionName } from './subscription-name.tsx';

/** The deliveries of an event just published, followed until all have ended. */
export function PublishResult({ receipt }: { receipt: { id: string; deliveries: number } }) {
  const { id, deliveries } = receipt;
  const { read } = useCaller().may;
  const status = useResource(
    deliveries === 0 || !read ? null : `status ${id}`,
    (signal) =>
      ask(api.GET('/deliveries', { params: { query: { event_id: id, limit: 20 } }, signal })),
    { refreshMs: 1_000 },
  );
  if (deliveries === 0) {
    return (
      <Notice tone="warn" title="Accepted; no subscription matched">
        <p>
          No subscription of this tenant has this event type.{' '}
          <IfMay do="read">
            <Link to={href.newSubscription()}>Create one</Link>, or{' '}
            <Link to={href.event(id)}>view the event</Link>.
          </IfMay>
        </p>
      </Notice>
    );
  }
  return (
    <Notice tone="good" title={`Accepted: ${plural(deliveries, 'delivery', 'deliveries')}`}>
      <ul className="result-list">
        {status.data?.data.map((delivery) => (
          <li key={delivery.id}>
            <Link to={href.delivery(delivery.id)}>
              <DeliveryBadge delivery={delivery} />
            </Link>{' '}
            <SubscriptionName id={delivery.subscription_id} />
          </li>
        ))}
      </ul>
      <IfMay do="read">
        <Link to={href.event(id)}>View the event</Link>
      </IfMay>
    </Notice>
  );
}
