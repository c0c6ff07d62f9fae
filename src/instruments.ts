import type { Pool } from 'pg';
import { createAlertService, type AlertService } from './alerts/alerts.service.ts';
import type { Config } from './config/config.ts';
import type { FinishedAttempt } from './attempts/attempt.service.ts';
import { isTerminal, type DeliveryStatus } from './queue/delivery.ts';
import { createAcceptService } from './accept/accept.service.ts';
import { timeOfId } from './ids/event-id.ts';
import type { Logger } from './base/logger.ts';
import type { Metrics } from './metrics/metrics.ts';
import { createQueueStateService, type QueueStateService } from './queue/queue-state.service.ts';
import { startRollupWriter, type RollupWriter } from './stats/rollup-writer.ts';
import { startStreamPublisher, type StreamPublisher } from './stream/stream-publisher.ts';
import { startTracing, type Tracing } from './tracing/tracing.ts';

/** The parts that watch a process at work: each is called when something happens and delays nothing. */
export type Instruments = {
  readonly metrics: Metrics;
  readonly rollups: RollupWriter;
  readonly queue: QueueStateService;
  /** Absent while tracing is off. */
  readonly tracing: Tracing | undefined;
  readonly alerts: AlertService;
  /** An attempt has been recorded. */
  attemptRecorded(attempt: FinishedAttempt): void;
  /** A delivery's state has changed other than by an attempt. */
  deliveryChanged(delivery: ChangedDelivery, status: DeliveryStatus, reason?: string): void;
  stop(): Promise<void>;
};

export type ChangedDelivery = {
  readonly id: string;
  readonly tenant: string;
  readonly subscriptionId: string;
  readonly eventType: string;
};

export type InstrumentsOptions = {
  readonly config: Config;
  readonly version: string;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** For statistics and the like: short statements, of which none is waited for. */
  readonly pool: Pool;
  /** Unix time in milliseconds on the database's clock. */
  now(): number;
};

async function startConfiguredTracing(
  config: Config,
  version: string,
): Promise<Tracing | undefined> {
  const { otlpEndpoint, otlpTracesEndpoint, otelServiceName, otelResourceAttributes } = config;
  const url =
    otlpTracesEndpoint ??
    (otlpEndpoint === undefined ? undefined : `${otlpEndpoint.replace(/\/+$/, '')}/v1/traces`);
  if (url === undefined) return undefined;
  return startTracing({
    url,
    timeoutMs: config.otlpTimeoutMs,
    version,
    resource: {
      ...otelResourceAttributes,
      ...(otelServiceName !== undefined && { 'service.name': otelServiceName }),
    },
  });
}

export async function startInstruments(options: InstrumentsOptions): Promise<Instruments> {
  const { config, version, logger, metrics, pool, now } = options;
  const rollups = startRollupWriter({ pool, now, logger });
  const queue = createQueueStateService({ pool });
  const stream: StreamPublisher = startStreamPublisher({ pool, logger });
  const tracing = await startConfiguredTracing(config, version);
  const alerts = createAlertService({
    pool,
    logger,
    accept: createAcceptService({ pool, concurrency: 1, now }),
  });
  metrics.watchQueue(queue.current);

  function attemptRecorded({ delivery, record }: FinishedAttempt): void {
    if (record === null) return;
    const { id, tenant, subscriptionId, eventType } = delivery;
    const { verdict, attemptNumber, statusCode, durationMs } = record;
    const isDelivered = verdict.status === 'delivered';
    metrics.attempt({
      outcome: verdict.outcome,
      statusCode,
      durationMs,
      deliveredAfterMs: isDelivered ? now() - timeOfId(id).getTime() : undefined,
    });
    rollups.countAttempt({
      tenant,
      subscriptionId,
      isFirst: attemptNumber === 1,
      isDelivered,
      durationMs,
    });
    stream.attempt(
      { deliveryId: id, attemptNumber },
      { tenant, subscription_id: subscriptionId, event_type: eventType, status: verdict.status },
    );
    if (verdict.status === 'failed') {
      alerts.deliveryFailed({
        type: 'posthorn.delivery.failed',
        tenant,
        subscription_id: subscriptionId,
        delivery_id: id,
        event_id: delivery.eventId,
        event_type: eventType,
        attempt_count: attemptNumber,
        reason: verdict.reason,
        status_code: statusCode,
        error: record.error,
        at: new Date(now()).toISOString(),
      });
    }
  }

  return {
    metrics,
    rollups,
    queue,
    tracing,
    alerts,
    attemptRecorded,
    deliveryChanged({ id, tenant, subscriptionId, eventType }, status, reason) {
      if (isTerminal(status) && reason !== undefined) metrics.unsent(reason);
      // Filtered deliveries are counted, not streamed one by one.
      if (reason === 'filtered') return rollups.countFiltered({ tenant, subscriptionId });
      stream.delivery(id, {
        tenant,
        subscription_id: subscriptionId,
        event_type: eventType,
        status,
      });
    },
    async stop() {
      await stream.stop();
      await alerts.drained();
      await rollups.stop();
      await tracing?.stop();
    },
  };
}
