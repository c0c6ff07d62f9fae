import { api, ask } from '../api/client.ts';
import type { Attempt, Delivery } from '../api/types.ts';
import { DeliveryBadge } from '../components/badge.tsx';
import { Identifier } from '../components/copy-button.tsx';
import { Icon } from '../components/icon.tsx';
import { FilterVerdict } from '../components/filter-verdict.tsx';
import { ErrorNotice, Loading } from '../components/notice.tsx';
import { Facts, Page, Panel } from '../components/page.tsx';
import { Payload } from '../components/payload.tsx';
import { SubscriptionName } from '../components/subscription-name.tsx';
import { DateTime } from '../components/time.tsx';
import { Timeline } from '../components/timeline.tsx';
import { notify } from '../components/toasts.tsx';
import { IfMay, useCaller } from '../data/caller.tsx';
import { useAction } from '../data/use-action.ts';
import { usePages } from '../data/use-pages.ts';
import { useResource } from '../data/use-resource.ts';
import { explainDelivery } from '../explain.ts';
import { formatSpanMs } from '../format.ts';
import { Link, href } from '../router.tsx';

export function DeliveryView({ id }: { id: string }) {
  const delivery = useResource(
    `delivery ${id}`,
    (signal) => ask(api.GET('/deliveries/{id}', { params: { path: { id } }, signal })),
    { refreshMs: 2_000 },
  );
  const { data } = delivery;
  return (
    <Page
      title={data?.event_type ?? 'Delivery'}
      above={<Link to={href.deliveries()}>Deliveries</Link>}
      actions={
        data && (
          <IfMay do="change">
            <DeliveryActions delivery={data} onChange={delivery.reload} />
          </IfMay>
        )
      }
    >
      <ErrorNotice error={delivery.error} onRetry={delivery.reload} />
      {delivery.isLoading && <Loading />}
      {data && <DeliveryBody delivery={data} />}
    </Page>
  );
}

function DeliveryBody({ delivery }: { delivery: Delivery }) {
  const { may } = useCaller();
  const attempts = useAttempts(delivery);
  return (
    <>
      <p className={`verdict verdict-${delivery.status}`}>
        <DeliveryBadge delivery={delivery} />
        <span>{explainDelivery(delivery)}</span>
      </p>
      <Facts
        facts={[
          ['Subscription', <SubscriptionName key="to" id={delivery.subscription_id} />],
          [
            'Event',
            <Link key="event" className="mono" to={href.event(delivery.event_id)}>
              {delivery.event_id}
            </Link>,
          ],
          ['Delivery', <Identifier key="id" value={delivery.id} />],
          ['Created', <DateTime key="at" at={delivery.created_at} />],
          ['Tenant', may.seeAllTenants ? delivery.tenant : null],
          ['Took', tookOf(delivery)],
        ]}
      />
      {delivery.reason === 'filtered' && <FilterVerdict delivery={delivery} />}
      <div className="columns">
        <Panel title="Timeline">
          <ErrorNotice error={attempts.error} />
          <Timeline delivery={delivery} attempts={attempts.rows} />
          {attempts.hasMore && (
            <button type="button" className="button small" onClick={attempts.loadMore}>
              Show later attempts
            </button>
          )}
        </Panel>
        <Panel title="Payload">
          <Payload eventId={delivery.event_id} />
        </Panel>
      </div>
    </>
  );
}

/** The attempts, read again whenever the delivery has moved. */
function useAttempts(delivery: Delivery) {
  const { id, attempt_count, status } = delivery;
  return usePages<Attempt>(
    `${id} ${attempt_count} ${status}`,
    (cursor, signal) =>
      ask(
        api.GET('/deliveries/{id}/attempts', {
          params: { path: { id }, query: { limit: 100, ...(cursor && { cursor }) } },
          signal,
        }),
      ),
    (attempt) => String(attempt.attempt_number),
  );
}

function tookOf(delivery: Delivery): string | null {
  if (delivery.completed_at === null) return null;
  return formatSpanMs(Date.parse(delivery.completed_at) - Date.parse(delivery.created_at));
}

function DeliveryActions({ delivery, onChange }: { delivery: Delivery; onChange: () => void }) {
  const { id, status } = delivery;
  const retry = useAction(async () => {
    await ask(api.POST('/deliveries/{id}/retry', { params: { path: { id } } }));
    notify('Queued: the next attempt is made at once.');
    onChange();
  });
  const sendAgain = useAction(async () => {
    await ask(
      api.POST('/subscriptions/{id}/replay', {
        params: { path: { id: delivery.subscription_id } },
        body: { event_id: delivery.event_id, statuses: ['delivered'] },
      }),
    );
    notify('Replayed: it is sent once more.');
    onChange();
  });
  const cancel = useAction(async () => {
    await ask(api.POST('/deliveries/{id}/cancel', { params: { path: { id } } }));
    notify('Cancelled.');
    onChange();
  });
  const isWaiting = status === 'pending' || status === 'delivering';
  return (
    <>
      {status === 'delivered' ? (
        <button
          type="button"
          className="button"
          disabled={sendAgain.isRunning}
          onClick={() => void sendAgain.run()}
        >
          <Icon name="retry" /> Replay
        </button>
      ) : (
        <button
          type="button"
          className={`button ${status === 'failed' ? 'primary' : ''}`}
          disabled={retry.isRunning || status === 'delivering'}
          onClick={() => void retry.run()}
        >
          <Icon name="retry" /> {isWaiting ? 'Try now' : 'Retry'}
        </button>
      )}
      {isWaiting && (
        <button
          type="button"
          className="button"
          disabled={cancel.isRunning}
          onClick={() => void cancel.run()}
        >
          <Icon name="close" /> Cancel
        </button>
      )}
      <div className="actions-error">
        <ErrorNotice error={retry.error ?? sendAgain.error ?? cancel.error} />
      </div>
    </>
  );
}
