import type { Subscription, SubscriptionState, SubscriptionStatus } from '../api/types.ts';
import { formatCount } from '../format.ts';
import { Stat } from './page.tsx';
import { Elapsed, RelativeTime } from './time.tsx';

const BREAKER = {
  closed: ['Open for deliveries', undefined],
  open: ['Circuit breaker open', 'bad'],
  half_open: ['Being tried', 'warn'],
} as const;

/** A receiver takes what is sent only where it is sent, and where something arrives. */
function receiverSaid(status: SubscriptionStatus, { breaker, failing_since }: SubscriptionState) {
  if (status === 'paused') return ['Paused', 'warn'] as const;
  if (status === 'disabled') return ['Disabled', 'bad'] as const;
  if (breaker === 'closed' && failing_since !== null) return ['Tried', 'warn'] as const;
  return BREAKER[breaker];
}

/** How delivering to a subscription goes at this moment, over all workers. */
export function StateOfDelivery({
  subscription: { state, status },
}: {
  subscription: Pick<Subscription, 'state' | 'status'>;
}) {
  if (state === undefined) return null;
  const { breaker, concurrency, in_flight, parked, resumes_at, failing_since } = state;
  const [said, tone] = receiverSaid(status, state);
  return (
    <dl className="stats stats-small" data-testid="state">
      <Stat
        label="Receiver"
        value={said}
        tone={tone}
        note={
          resumes_at === null ? (
            status !== 'active' ? (
              'nothing is sent'
            ) : breaker === 'closed' ? (
              failing_since === null ? (
                'as far as is known'
              ) : (
                'but every attempt fails'
              )
            ) : (
              'a single attempt probes it'
            )
          ) : (
            <>
              next attempt <RelativeTime at={resumes_at} />
            </>
          )
        }
      />
      <Stat
        label={failing_since === null ? 'Failing' : 'Failing for'}
        value={failing_since === null ? 'No' : <Elapsed since={failing_since} />}
        tone={failing_since === null ? undefined : 'bad'}
        note={failing_since === null ? 'the last attempt arrived' : 'every attempt in that time'}
      />
      <Stat
        label="Under way"
        value={formatCount(in_flight)}
        note={
          concurrency === null ? 'nothing sent lately' : `of ${formatCount(concurrency)} at once`
        }
      />
      <Stat
        label="Held"
        value={parked >= 10_000 ? '10,000+' : formatCount(parked)}
        tone={parked > 0 ? 'warn' : undefined}
        note={parked === 0 ? 'nothing waits' : 'until it can take them'}
      />
    </dl>
  );
}
