import { api, ask } from '../api/client.ts';
import type { Delivery } from '../api/types.ts';
import { DeliveryTable } from '../components/delivery-table.tsx';
import { Identifier } from '../components/copy-button.tsx';
import { DeliveryCounts } from '../components/delivery-counts.tsx';
import { EmptyState, ErrorNotice, Loading } from '../components/notice.tsx';
import { Facts, Page, Panel } from '../components/page.tsx';
import { Payload } from '../components/payload.tsx';
import { DateTime } from '../components/time.tsx';
import { IfMay, useCaller } from '../data/caller.tsx';
import { usePages } from '../data/use-pages.ts';
import { useResource } from '../data/use-resource.ts';
import { formatBytes } from '../format.ts';
import { Link, href } from '../router.tsx';

const idOf = (delivery: Delivery) => delivery.id;

export function EventView({ id }: { id: string }) {
  const { may } = useCaller();
  const event = useResource(
    `event ${id}`,
    (signal) => ask(api.GET('/events/{id}', { params: { path: { id } }, signal })),
    { refreshMs: 4_000 },
  );
  const deliveries = usePages(
    id,
    (cursor, signal) =>
      ask(
        api.GET('/deliveries', {
          params: { query: { event_id: id, limit: 100, ...(cursor && { cursor }) } },
          signal,
        }),
      ),
    idOf,
    { refreshMs: 4_000 },
  );
  const { data } = event;
  return (
    <Page
      title={data?.event_type ?? 'Event'}
      above={<Link to={href.events()}>Events</Link>}
      subtitle={data && <DeliveryCounts event={data} />}
      actions={
        data && (
          <IfMay do="publish">
            <Link className="button" to={href.publish({ from: id })}>
              Publish again
            </Link>
          </IfMay>
        )
      }
    >
      <ErrorNotice error={event.error} onRetry={event.reload} />
      {event.isLoading && <Loading />}
      {data && (
        <>
          <Facts
            facts={[
              ['Event', <Identifier key="id" value={data.id} />],
              ['Received', <DateTime key="at" at={data.received_at} />],
              ['Tenant', may.seeAllTenants ? data.tenant : null],
              ['Payload', formatBytes(data.payload_bytes)],
              ['Idempotency key', data.idempotency_key],
              ['Ordering key', data.ordering_key],
            ]}
          />
          <Panel title="Deliveries">
            {deliveries.rows.length > 0 ? (
              <DeliveryTable
                caption="Deliveries of this event"
                deliveries={deliveries.rows}
                hasMore={deliveries.hasMore}
                onEndReached={deliveries.loadMore}
              />
            ) : (
              !deliveries.isLoading && (
                <EmptyState title="No subscription matched">
                  <p>
                    No subscription of tenant “{data.tenant}” has the event type{' '}
                    <code>{data.event_type}</code>, or had it when the event arrived.
                  </p>
                </EmptyState>
              )
            )}
          </Panel>
          <Payload eventId={id} />
        </>
      )}
    </Page>
  );
}
