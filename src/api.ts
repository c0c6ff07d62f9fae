import { fileURLToPath } from 'node:url';
import type { FastifyInstance } from 'fastify';
import { createKeyVerifier } from './access/key-verifier.ts';
import { buildApp } from './app.ts';
import { createAuditService } from './audit/audit.service.ts';
import { ACCEPT_SETTINGS } from './database/database.ts';
import { createAttemptFeed } from './log/attempt-feed.service.ts';
import { createCustodyInquiry } from './workers/custody-inquiry.ts';
import { createDeliveryService } from './log/deliveries.service.ts';
import { createCatalogue } from './event-types/catalogue.ts';
import { createEnforcementService } from './event-types/enforcement.service.ts';
import { createAcceptService, type AcceptService } from './accept/accept.service.ts';
import { freshDelivery } from './accept/fresh-delivery.ts';
import { observeAccepts } from './observed-accept.ts';
import { createPublishProbe } from './health/publish-probe.ts';
import { bearerOf, createAuthenticate } from './access/authenticate.ts';
import { networkList } from './access/client-address.ts';
import { createHandlers } from './handlers.ts';
import { loadDocument } from './openapi/document.ts';
import type { Runtime } from './runtime.ts';
import { createOwnAddress, refuseOwnApi } from './sender/own-address.ts';
import { createStreamService } from './stream/stream.service.ts';
import { createSubscriptionService } from './subscriptions/subscriptions.service.ts';
import type { Worker } from './worker.ts';

export type Api = {
  readonly app: FastifyInstance;
  readonly accept: AcceptService;
};

const DOCUMENT_PATH = fileURLToPath(new URL('../openapi.yaml', import.meta.url));
/** Batches committed at once. More only makes the batches smaller. */
const ACCEPT_CONNECTIONS = 3;

/** The HTTP API over a runtime, complete but not listening; `worker` is this process' own. */
export async function createApi(
  runtime: Runtime,
  { worker }: { worker?: Pick<Worker, 'state'> | undefined } = {},
): Promise<Api> {
  const { config, db, directory, handoff, loadPool, logger, now } = runtime;
  const document = loadDocument(DOCUMENT_PATH);
  const { instruments } = runtime;
  const acceptPool = runtime.openPool('accept', ACCEPT_CONNECTIONS, ACCEPT_SETTINGS);
  const publishing = createPublishProbe({ pool: acceptPool, now });
  const accept = observeAccepts(
    createAcceptService({
      pool: acceptPool,
      concurrency: ACCEPT_CONNECTIONS,
      now,
      onBatch: (size) => instruments.metrics.batch('accept', size),
      onFlushed: publishing.note,
      onStored: (event, answer, tenant) => {
        const fresh = freshDelivery(event, answer, tenant);
        if (fresh !== undefined) handoff.put(fresh);
      },
    }),
    instruments,
  );
  const catalogue = createCatalogue({
    db,
    databaseUrl: runtime.databaseUrl,
    logger,
    areAllWanted: config.unknownEventTypes !== 'allow',
  });
  const enforcement = createEnforcementService({
    catalogue,
    logger,
    unknownEventTypes: config.unknownEventTypes,
    onViolation: instruments.metrics.payloadViolation,
  });
  const ownAddress = createOwnAddress({
    paths: document.operations
      .filter(({ method, security }) => method === 'POST' && security.length > 0)
      .map(({ path }) => path),
    publicUrl: config.publicUrl,
  });
  const door = refuseOwnApi(runtime.guard, ownAddress);
  const subscriptions = createSubscriptionService({ ...runtime, guard: door });
  const inquiry = createCustodyInquiry({
    db,
    pool: loadPool,
    databaseUrl: runtime.databaseUrl,
    local: runtime.custodies,
    logger,
  });
  const deliveries = createDeliveryService({
    db,
    inquiry,
    subscriptions,
    onChange({ subscription_id: subscriptionId, event_type: eventType, status, ...delivery }) {
      handoff.take(delivery.id);
      instruments.deliveryChanged({ ...delivery, subscriptionId, eventType }, status);
    },
  });
  const stream = createStreamService({
    pool: loadPool,
    databaseUrl: runtime.databaseUrl,
    feed: createAttemptFeed({ db }),
    logger,
    now,
  });
  const { firstKey } = runtime;
  const verifier = createKeyVerifier({
    db,
    environmentKeys: config.apiKeys,
    logger,
    onKeyFound: firstKey.found,
  });
  firstKey.onFound(verifier.forgetAll);
  const audit = createAuditService({ db, directory, logger });
  const app = await buildApp({
    logger,
    document,
    audit,
    authenticate: createAuthenticate({
      verifier,
      ingestNetworks:
        config.ingestNetworks.length === 0 ? undefined : networkList(config.ingestNetworks),
    }),
    rateLimits: {
      perKey: config.rateLimitPerKey,
      perAddress: config.rateLimitPerAddress,
      redisUrl: config.redisUrl,
      knownKeyOf: (request) => {
        const key = bearerOf(request);
        return key === undefined ? undefined : verifier.peek(key)?.id;
      },
    },
    corsOrigins: config.corsOrigins,
    frameAncestors: config.portalAllowedOrigins,
    trustProxy: config.trustProxy,
    closeTimeoutMs: config.shutdownTimeoutMs,
    handlers: createHandlers(runtime, {
      accept,
      audit,
      catalogue,
      deliveries,
      document,
      enforcement,
      ownAddress,
      publishing,
      stream,
      subscriptions,
      verifier,
      worker,
    }),
  });
  app.addHook('onListen', async () =>
    ownAddress.listening(app.addresses().filter((address) => typeof address === 'object')),
  );
  // Readers hold their connections for as long as they are let.
  app.addHook('preClose', () => stream.close());
  app.addHook('onClose', () => catalogue.close());
  app.addHook('onClose', () => inquiry.close());
  return { app, accept };
}
