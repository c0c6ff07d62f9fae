import type { Handlers } from '../http/contract.ts';
import type { components } from '../openapi/generated.ts';
import type { SecretService } from './secrets.service.ts';
import { toSubscriptionResource } from './subscription.resource.ts';
import type { SubscriptionService } from './subscriptions.service.ts';

type SecretHandlers = Pick<
  Handlers,
  'getSubscriptionSecret' | 'rotateSubscriptionSecret' | 'getSubscriptionKeySet'
>;

/** Receivers that look a key up again when they meet an unknown `kid` never fail in a rotation. */
const KEY_SET_MAX_AGE_SECONDS = 300;

export function secretHandlers(deps: {
  secrets: SecretService;
  subscriptions: Pick<SubscriptionService, 'reveal'>;
}): SecretHandlers {
  const { secrets, subscriptions } = deps;
  return {
    async getSubscriptionSecret({ params, principal }) {
      const { secret, publicKey, previous } = await secrets.show(principal.tenant, params.id);
      return {
        status: 200,
        headers: { 'Cache-Control': 'no-store' },
        body: {
          secret,
          public_key: publicKey,
          previous: previous.map(({ createdAt, expiresAt }) => ({
            created_at: createdAt.toISOString(),
            expires_at: expiresAt.toISOString(),
          })),
        },
      };
    },

    async rotateSubscriptionSecret({ params, body, principal }) {
      const { subscription, secret } = await secrets.rotate(principal.tenant, params.id, {
        secret: body?.secret,
        overlapHours: body?.overlap_hours,
      });
      return {
        status: 200,
        headers: { 'Cache-Control': 'no-store' },
        body: {
          ...toSubscriptionResource(subscription, subscriptions.reveal(subscription)),
          secret,
        },
      };
    },

    async getSubscriptionKeySet({ params }) {
      const keySet = await secrets.publicKeys(params.id);
      return {
        status: 200,
        headers: { 'Cache-Control': `public, max-age=${KEY_SET_MAX_AGE_SECONDS}` },
        body: keySet as components['schemas']['KeySet'],
      };
    },
  };
}
