import type { PostedEvent } from '../api/types.ts';
import { STATUS, STATUS_OPTIONS } from '../explain.ts';
import { Badge } from './badge.tsx';

/** How many of an event's deliveries are in each state, leaving out those that are in none. */
export function DeliveryCounts({ event: { deliveries } }: { event: PostedEvent }) {
  const states = STATUS_OPTIONS.filter(([status]) => deliveries[status] > 0);
  if (states.length === 0) return <span className="faint">No subscriber</span>;
  return (
    <span className="badges">
      {states.map(([status, label]) => (
        <Badge key={status} tone={STATUS[status].tone} mark={STATUS[status].mark} title={label}>
          {deliveries[status]}
          <span className="visually-hidden"> {label}</span>
        </Badge>
      ))}
    </span>
  );
}
