import type { DeliveryService } from '../log/deliveries.service.ts';
import type { components } from '../openapi/generated.ts';
import type { Subscription, Target } from './subscription.ts';

type SubscriptionResource = components['schemas']['Subscription'];

/** @param target as much of it as the caller may see */
export function toSubscriptionResource(
  { sealed_target: _sealed, sealed_target_key_id: _keyId, ...subscription }: Subscription,
  target: Target,
): SubscriptionResource {
  return {
    ...subscription,
    ...target,
    created_at: subscription.created_at.toISOString(),
    updated_at: subscription.updated_at.toISOString(),
  };
}

type DeliveryState = Awaited<ReturnType<DeliveryService['stateOf']>>;

export function toStateResource(state: DeliveryState): components['schemas']['SubscriptionState'] {
  return {
    breaker: state.breaker,
    concurrency: state.concurrency,
    in_flight: state.inFlight,
    parked: state.parked,
    resumes_at: state.resumesAt?.toISOString() ?? null,
    failing_since: state.failingSince?.toISOString() ?? null,
  };
}
