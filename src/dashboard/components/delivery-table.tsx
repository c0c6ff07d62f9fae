import type { Delivery } from '../api/types.ts';
import { reasonOf } from '../explain.ts';
import { Link, href } from '../router.tsx';
import { DeliveryBadge } from './badge.tsx';
import { DataTable } from './data-table.tsx';
import type { Column } from './data-table.tsx';
import { SubscriptionName } from './subscription-name.tsx';
import { RelativeTime } from './time.tsx';

export const DELIVERY_COLUMNS: readonly Column<Delivery>[] = [
  { name: 'status', header: 'Status', cell: (delivery) => <DeliveryBadge delivery={delivery} /> },
  {
    name: 'type',
    header: 'Event type',
    cell: (delivery) => (
      <>
        <TypeLink delivery={delivery} />
        <span className="second-line">
          <SubscriptionName id={delivery.subscription_id} />
        </span>
      </>
    ),
  },
  {
    name: 'subscription',
    header: 'Subscription',
    show: 'wide',
    cell: (delivery) => <SubscriptionName id={delivery.subscription_id} />,
  },
  { name: 'why', header: 'Why', show: 'wide', cell: (delivery) => <Why delivery={delivery} /> },
  {
    name: 'count',
    header: 'Attempts',
    show: 'wide',
    cell: (delivery) => delivery.attempt_count,
  },
  {
    name: 'time',
    header: 'Created',
    cell: (delivery) => <RelativeTime at={delivery.created_at} />,
  },
];

const WITHOUT_SUBSCRIPTION: readonly Column<Delivery>[] = DELIVERY_COLUMNS.flatMap((column) => {
  if (column.name === 'subscription') return [];
  if (column.name !== 'type') return [column];
  return [{ ...column, cell: (delivery) => <TypeLink delivery={delivery} /> }];
});

interface DeliveryTableProps {
  caption: string;
  deliveries: readonly Delivery[];
  hasSubscription?: boolean;
  hasMore?: boolean;
  onEndReached?: () => void;
}

export function DeliveryTable(props: DeliveryTableProps) {
  const { caption, deliveries, hasSubscription = true, hasMore = false, onEndReached } = props;
  return (
    <DataTable
      caption={caption}
      columns={hasSubscription ? DELIVERY_COLUMNS : WITHOUT_SUBSCRIPTION}
      rows={deliveries}
      rowKey={(delivery) => delivery.id}
      hasMore={hasMore}
      {...(onEndReached && { onEndReached })}
    />
  );
}

function TypeLink({ delivery }: { delivery: Delivery }) {
  return (
    <Link className="row-link mono" to={href.delivery(delivery.id)}>
      {delivery.event_type}
    </Link>
  );
}

function Why({ delivery }: { delivery: Delivery }) {
  const reason = reasonOf(delivery);
  if (delivery.status === 'pending' && delivery.next_attempt_at !== null) {
    return (
      <span className="soft">
        {reason}, <RelativeTime at={delivery.next_attempt_at} />
      </span>
    );
  }
  return <span className="soft">{reason}</span>;
}
