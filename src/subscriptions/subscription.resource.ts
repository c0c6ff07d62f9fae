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
