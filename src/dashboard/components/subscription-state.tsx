import type { SubscriptionState } from '../api/types.ts';
import { formatCount } from '../format.ts';
import { Stat } from './page.tsx';
import { Elapsed, RelativeTime } from './time.tsx';

const BREAKER = {
  closed: ['Open for deliveries', undefined],
  open: ['Left alone', 'bad'],
  half_open: ['Being tried', 'warn'],
} as const;

/** How delivering to a subscription goes at this moment, over all workers. */
export function StateOfDelivery({ state }: { state: SubscriptionState | undefined }) {
  if (state === undefined) return null;
  const { breaker, concurrency, in_flight, parked, resumes_at, failing_since } = state;
  const [said, tone] = BREAKER[breaker];
  return (
    <dl className="stats stats-small" data-testid="state">
      <Stat
        label="Receiver"
        value={said}
        tone={tone}
        note={
          resumes_at === null ? (
            breaker === 'closed' ? (
              'as far as is known'
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
        label="Held for it"
        value={parked >= 10_000 ? '10,000+' : formatCount(parked)}
        tone={parked > 0 ? 'warn' : undefined}
        note={parked === 0 ? 'nothing waits' : 'until it can take them'}
      />
    </dl>
  );
}
