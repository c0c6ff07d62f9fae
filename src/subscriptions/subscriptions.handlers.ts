import type { FastifyRequest } from 'fastify';

import { oneTenantFor, tenantFor } from '../access/tenant.ts';
import { AppError } from '../base/errors.ts';
import type { Principal } from '../base/principal.ts';
import { decodeCursor, page } from '../paging/pagination.ts';
import type { Handlers, InputOf } from '../http/contract.ts';
import { exactBody } from '../http/json-body.ts';
import type { SubscriptionHealth } from '../subscription-health/subscription-health.service.ts';
import { toStateResource } from '../subscription-health/subscription-state.resource.ts';
import { assertSubscribersOwn } from './subscription-rules.ts';
import { toSubscriptionResource } from './subscription.resource.ts';
import { maskTarget } from './subscription-target.ts';
import type { Subscription } from './subscription.ts';
import type { SubscriptionService } from './subscriptions.service.ts';

type SubscriptionHandlers = Pick<
  Handlers,
  | 'createSubscription'
  | 'listSubscriptions'
  | 'getSubscription'
  | 'replaceSubscription'
  | 'updateSubscription'
  | 'deleteSubscription'
>;

/** Subscriptions of a tenant beyond which the portal makes no more. */
const MAX_BY_SUBSCRIBERS = 100;

export function subscriptionHandlers(deps: {
  subscriptions: SubscriptionService;
  subscriptionHealth: SubscriptionHealth;
}): SubscriptionHandlers {
  const { subscriptions, subscriptionHealth } = deps;

  function show(subscription: Subscription, principal: Principal) {
    return toSubscriptionResource(
      subscription,
      seesSecrets(principal) ? subscriptions.reveal(subscription) : maskTarget(subscription),
    );
  }

  async function update(input: InputOf<'updateSubscription'>) {
    const { params, principal } = input;
    const body = withExactFilter(input);
    if (isSubscriber(principal)) assertSubscribersOwn(body);
    const subscription = await subscriptions.update(principal.tenant, params.id, body);
    return { status: 200 as const, body: show(subscription, principal) };
  }

  /** Every one makes each event of the tenant more expensive. Those made at the same moment may exceed it. */
  async function assertRoom(tenant: string): Promise<void> {
    const found = await subscriptions.list({ tenant }, { limit: MAX_BY_SUBSCRIBERS });
    if (found.length < MAX_BY_SUBSCRIBERS) return;
    throw new AppError(
      'forbidden',
      `The tenant has ${MAX_BY_SUBSCRIBERS} subscriptions; the portal makes no more.`,
    );
  }

  return {
    async createSubscription({ body, principal, request }) {
      const { tenant: named, ...input } = withExactFilter({ body, request });
      const tenant = oneTenantFor(principal, named, '/tenant');
      if (isSubscriber(principal)) {
        assertSubscribersOwn(input);
        await assertRoom(tenant);
      }
      const { subscription, secret } = await subscriptions.create(
        tenant,
        // Knowing the secret must not make a sender of the subscriber.
        isSubscriber(principal) ? { ...input, ingest_signature: 'off' } : input,
      );
      return {
        status: 201,
        headers: { Location: `/subscriptions/${subscription.id}` },
        body: { ...show(subscription, principal), secret },
      };
    },

    async listSubscriptions({ query, principal }) {
      const { limit, cursor, status, event_type: eventType, q: text } = query;
      const [beforeId] = cursor === undefined ? [] : decodeCursor(cursor, ['uuid']);
      const rows = await subscriptions.list(
        { tenant: tenantFor(principal, query.tenant, '/query/tenant'), status, eventType, text },
        { limit: limit + 1, beforeId },
      );
      const { data, next_cursor } = page(rows, limit, ({ id }) => [id]);
      return { status: 200, body: { data: data.map((one) => show(one, principal)), next_cursor } };
    },

    async getSubscription({ params, principal }) {
      const subscription = await subscriptions.get(principal.tenant, params.id);
      const state = toStateResource(await subscriptionHealth.stateOf(params.id));
      return { status: 200, body: { ...show(subscription, principal), state } };
    },

    // Clients of earlier services send part of the fields with PUT, so both set what is named.
    replaceSubscription: update,
    updateSubscription: update,

    async deleteSubscription({ params, principal }) {
      await subscriptions.delete(principal.tenant, params.id);
      return { status: 204 };
    },
  };
}

/** The body, with the filter's numbers as they were written, which is how it is shown again. */
function withExactFilter<Body extends { filter?: unknown }>({
  body,
  request,
}: {
  body: Body;
  request: FastifyRequest;
}): Body {
  const { filter } = exactBody(request, body);
  return body.filter === undefined ? body : { ...body, filter };
}

/** Whether it may change the target, and so has to see it whole, as it may the signing secret. */
function seesSecrets({ scopes }: Principal): boolean {
  return scopes.includes('admin') || scopes.includes('portal');
}

/** Whether it is one of a tenant's people, come through the portal. */
function isSubscriber({ scopes }: Principal): boolean {
  return scopes.includes('portal');
}
