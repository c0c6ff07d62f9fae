import { apiKeyHandlers } from './access/api-keys.handlers.ts';
import { portalSessionHandlers } from './access/portal-sessions.handlers.ts';
import { auditHandlers } from './audit/audit.handlers.ts';
import { deliveryHandlers } from './log/deliveries.handlers.ts';
import { testSendHandlers } from './test-send/test-send.handlers.ts';
import { eventTypeHandlers } from './event-types/event-types.handlers.ts';
import { eventLogHandlers } from './log/event-log.handlers.ts';
import { eventsHandlers } from './accept/events.handlers.ts';
import { filterHandlers } from './filter-tests/filters.handlers.ts';
import { healthHandlers } from './health/health.handlers.ts';
import { metricsHandlers } from './metrics/metrics.handlers.ts';
import type { Handlers } from './http/contract.ts';
import { operationsHandlers } from './operations/operations.handlers.ts';
import { replayHandlers } from './replays/replays.handlers.ts';
import { statsHandlers } from './stats/stats.handlers.ts';
import { streamHandlers } from './stream/stream.handlers.ts';
import { subscriptionHandlers } from './subscriptions/subscriptions.handlers.ts';
import { secretHandlers } from './subscriptions/secrets.handlers.ts';
import { tenantHandlers } from './tenants/tenants.handlers.ts';
import { testReceiverHandlers } from './test-receiver/test-receiver.handlers.ts';

/** What the handlers of all features need. */
export type HandlersDeps = Parameters<typeof subscriptionHandlers>[0] &
  Parameters<typeof secretHandlers>[0] &
  Parameters<typeof deliveryHandlers>[0] &
  Parameters<typeof replayHandlers>[0] &
  Parameters<typeof testSendHandlers>[0] &
  Parameters<typeof filterHandlers>[0] &
  Parameters<typeof eventLogHandlers>[0] &
  Parameters<typeof eventsHandlers>[0] &
  Parameters<typeof eventTypeHandlers>[0] &
  Parameters<typeof healthHandlers>[0] &
  Parameters<typeof apiKeyHandlers>[0] &
  Parameters<typeof portalSessionHandlers>[0] &
  Parameters<typeof tenantHandlers>[0] &
  Parameters<typeof auditHandlers>[0] &
  Parameters<typeof statsHandlers>[0] &
  Parameters<typeof streamHandlers>[0] &
  Parameters<typeof operationsHandlers>[0] &
  Parameters<typeof metricsHandlers>[0] &
  Parameters<typeof testReceiverHandlers>[0];

/** One handler for every operation of openapi.yaml; one that is missing does not compile. */
export function joinHandlers(deps: HandlersDeps) {
  return {
    ...subscriptionHandlers(deps),
    ...secretHandlers(deps),
    ...deliveryHandlers(deps),
    ...replayHandlers(deps),
    ...testSendHandlers(deps),
    ...filterHandlers(deps),
    ...eventLogHandlers(deps),
    ...eventsHandlers(deps),
    ...eventTypeHandlers(deps),
    ...healthHandlers(deps),
    ...apiKeyHandlers(deps),
    ...portalSessionHandlers(deps),
    ...tenantHandlers(deps),
    ...auditHandlers(deps),
    ...statsHandlers(deps),
    ...streamHandlers(deps),
    ...operationsHandlers(deps),
    ...metricsHandlers(deps),
    ...testReceiverHandlers(deps),
  } satisfies Handlers;
}
