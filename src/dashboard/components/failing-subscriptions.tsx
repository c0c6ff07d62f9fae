import { useState } from 'react';

import type { SubscriptionStats } from '../api/types.ts';
import { titleOf } from '../data/subscription-names.ts';
import { formatCount } from '../format.ts';
import { Link, href } from '../router.tsx';
import { Badge } from './badge.tsx';
import { Panel } from './page.tsx';
import { Elapsed } from './time.tsx';

const FIRST_SHOWN = 8;

/** Troubled subscriptions, the worst first, as the server ranks them. */
export function FailingSubscriptions({
  subscriptions,
}: {
  subscriptions: readonly SubscriptionStats[];
}) {
  const [isWhole, setIsWhole] = useState(false);
  const failing = subscriptions.filter(({ failed, failing_since }) => failed > 0 || failing_since);
  if (failing.length === 0) return null;
  return (
    <Panel title="Failing subscriptions">
      <ul className="failing">
        {failing.slice(0, isWhole ? undefined : FIRST_SHOWN).map((one) => (
          <FailingOne key={one.id} subscription={one} />
        ))}
      </ul>
      {failing.length > FIRST_SHOWN && (
        <button type="button" className="button small" onClick={() => setIsWhole(!isWhole)}>
          {isWhole ? 'Show fewer' : `Show all ${formatCount(failing.length)}`}
        </button>
      )}
    </Panel>
  );
}

function FailingOne({ subscription }: { subscription: SubscriptionStats }) {
  const { id, failed, attempts, failing_since: failingSince } = subscription;
  return (
    <li>
      <Link dir="auto" to={href.subscription(id)}>
        {titleOf(subscription)}
      </Link>
      <Badge tone={failingSince === null ? 'busy' : 'bad'}>
        {failingSince === null ? 'some fail' : 'failing'}
      </Badge>
      <span>
        {attempts === 0
          ? 'not tried in this time'
          : `${formatCount(failed)} of ${formatCount(attempts)} attempts failed`}
      </span>
      {failingSince !== null && (
        <span className="faint">
          nothing arrived for <Elapsed since={failingSince} />
        </span>
      )}
      <Link className="faint" to={href.deliveries({ subscription_id: id, status: 'failed' })}>
        What failed
      </Link>
    </li>
  );
}
