import type { components } from '../openapi/generated.ts';
import type { SubscriptionState } from './lane-states.repository.ts';

export function toStateResource(
  state: SubscriptionState,
): components['schemas']['SubscriptionState'] {
  return {
    breaker: state.breaker,
    concurrency: state.concurrency,
    in_flight: state.inFlight,
    parked: state.parked,
    resumes_at: state.resumesAt?.toISOString() ?? null,
    failing_since: state.failingSince?.toISOString() ?? null,
  };
}
