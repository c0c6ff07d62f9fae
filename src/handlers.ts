import { eventsHandlers } from './accept/events.handlers.ts';
import { createIngestService } from './accept/ingest.service.ts';
import { createPublishService } from './accept/publish.service.ts';
import { apiKeyHandlers } from './access/api-keys.handlers.ts';
import { createApiKeyService } from './access/api-keys.service.ts';
import { noticesOfFirstKey } from './access/first-key.ts';
import { portalSessionHandlers } from './access/portal-sessions.handlers.ts';
import { createPortalSessionService } from './access/portal-sessions.service.ts';
import { auditHandlers } from './audit/audit.handlers.ts';
import { eventTypeHandlers } from './event-types/event-types.handlers.ts';
import { createEventTypeService } from './event-types/event-types.service.ts';
import { filterHandlers } from './filter-tests/filters.handlers.ts';
import { createFilterService } from './filter-tests/filters.service.ts';
import { healthHandlers } from './health/health.handlers.ts';
import { createHealthService } from './health/health.service.ts';
import { buildBodyCheck } from './http/body-check.ts';
import type { Handlers } from './http/contract.ts';
import { deliveryHandlers } from './log/deliveries.handlers.ts';
import { eventLogHandlers } from './log/event-log.handlers.ts';
import { createEventLogService } from './log/event-log.service.ts';
import { metricsHandlers } from './metrics/metrics.handlers.ts';
import { operationsHandlers } from './operations/operations.handlers.ts';
import { createOperationsService } from './operations/operations.service.ts';
import { cronEntries } from './queue/cron.ts';
import { replayHandlers } from './replays/replays.handlers.ts';
import { createReplayService } from './replays/replays.service.ts';
import { statsHandlers } from './stats/stats.handlers.ts';
import { createStatsService } from './stats/stats.service.ts';
import { streamHandlers } from './stream/stream.handlers.ts';
import { createSubscriptionHealth } from './subscription-health/subscription-health.service.ts';
import { createEncryptionService } from './subscriptions/encryption.service.ts';
import { secretHandlers } from './subscriptions/secrets.handlers.ts';
import { createSecretService } from './subscriptions/secrets.service.ts';
import { subscriptionHandlers } from './subscriptions/subscriptions.handlers.ts';
import { tenantHandlers } from './tenants/tenants.handlers.ts';
import { createTenantService } from './tenants/tenants.service.ts';
import { testReceiverHandlers } from './test-receiver/test-receiver.handlers.ts';
import { createTestReceiver } from './test-receiver/test-receiver.ts';
import { testSendHandlers } from './test-send/test-send.handlers.ts';
import { createTestSendService } from './test-send/test-send.service.ts';
import type { AcceptService } from './accept/accept.service.ts';
import type { KeyVerifier } from './access/key-verifier.ts';
import type { AuditService } from './audit/audit.service.ts';
import type { Catalogue } from './event-types/catalogue.ts';
import type { EnforcementService } from './event-types/enforcement.service.ts';
import type { PublishProbe } from './health/publish-probe.ts';
import type { DeliveryService } from './log/deliveries.service.ts';
import type { ApiDocument } from './openapi/document.ts';
import type { Runtime } from './runtime.ts';
import type { OwnAddress } from './sender/own-address.ts';
import type { StreamService } from './stream/stream.service.ts';
import type { SubscriptionService } from './subscriptions/subscriptions.service.ts';
import type { Worker } from './worker.ts';

/** What more than the handlers of one feature use. */
export type SharedServices = {
  accept: AcceptService;
  audit: AuditService;
  catalogue: Catalogue;
  deliveries: DeliveryService;
  document: ApiDocument;
  enforcement: EnforcementService;
  ownAddress: OwnAddress;
  publishing: PublishProbe;
  stream: StreamService;
  subscriptions: SubscriptionService;
  verifier: KeyVerifier;
  worker: Pick<Worker, 'state'> | undefined;
};

/** One handler for every operation of openapi.yaml; one that is missing does not compile. */
export function createHandlers(runtime: Runtime, shared: SharedServices) {
  const { db, now, config, instruments } = runtime;
  const { deliveries, subscriptions } = shared;
  const events = createEventLogService({ db, deliveries });
  return {
    ...subscriptionHandlers({
      subscriptions,
      subscriptionHealth: createSubscriptionHealth({ db }),
    }),
    ...secretHandlers({ secrets: createSecretService(runtime), subscriptions }),
    ...eventsHandlers({
      ingest: createIngestService({ ...shared, directory: runtime.directory, now }),
      publish: createPublishService(shared),
      checks: {
        envelope: buildBodyCheck(shared.document, 'IngestEnvelope'),
        publish: buildBodyCheck(shared.document, 'PublishRequest'),
      },
    }),
    ...eventTypeHandlers({
      eventTypes: createEventTypeService({ db, catalogue: shared.catalogue }),
    }),
    ...deliveryHandlers({ deliveries }),
    ...eventLogHandlers({ events }),
    ...replayHandlers({ replays: createReplayService({ db, subscriptions, now }) }),
    ...testSendHandlers({ testSend: createTestSend(runtime, shared), deliveries }),
    ...filterHandlers({ filters: createFilterService({ events, subscriptions }) }),
    ...streamHandlers(shared),
    ...apiKeyHandlers({
      apiKeys: createApiKeyService({
        db,
        verifier: shared.verifier,
        firstKey: runtime.firstKey,
      }),
      firstKeyNotices: noticesOfFirstKey(config),
    }),
    ...portalSessionHandlers({
      portalSessions: createPortalSessionService({ db, verifier: shared.verifier }),
      publicUrl: config.publicUrl,
    }),
    ...tenantHandlers({ tenants: createTenantService({ db, now }) }),
    ...auditHandlers(shared),
    ...statsHandlers({ stats: createStatsService({ db, queue: instruments.queue, now }) }),
    ...healthHandlers({ health: createHealth(runtime, shared) }),
    ...operationsHandlers({
      operations: createOperationsService({
        db,
        now,
        queue: instruments.queue,
        cron: cronEntries(config),
        cache: () => instruments.metrics.cache,
      }),
    }),
    ...metricsHandlers(instruments),
    ...testReceiverHandlers({ receiver: config.testReceiver ? createTestReceiver() : undefined }),
  } satisfies Handlers;
}

function createTestSend(runtime: Runtime, { ownAddress }: SharedServices) {
  return createTestSendService({
    pool: runtime.loadPool,
    directory: runtime.directory,
    ownAddress,
    attempts: runtime.createAttempts(null).attempts,
    now: runtime.now,
  });
}

function createHealth({ db, redis, secretBox }: Runtime, { publishing, worker }: SharedServices) {
  return createHealthService({
    db,
    redis,
    publishing,
    worker,
    encryption: createEncryptionService({ db }),
    keyIds: secretBox.keyIds,
  });
}
