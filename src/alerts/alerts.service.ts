import type { Pool } from 'pg';
import type { AcceptService } from '../accept/accept.service.ts';
import { createMemo } from '../base/memo.ts';
import type { Logger } from '../base/logger.ts';
import { alertKey, isOperational, type Alert, type FailedDelivery } from './alert.ts';
import { findAskers, isActive, tellFailing, type Asker } from './alerts.repository.ts';

export type AlertService = {
  /**
   * Publishes an operational event to those who have asked for it, once however often it is
   * called. Resolves once it is committed.
   *
   * @throws the database's error
   */
  tell(alert: Alert): Promise<void>;
  /**
   * The same, in the background, for a delivery that has failed; costs a look a second and tenant
   * while nobody asks. Failures not yet published when the process dies are lost, and so is what
   * comes while 10,000 wait.
   */
  deliveryFailed(failed: FailedDelivery): void;
  /** Finds the subscriptions that have begun to fail. */
  findFailing(): Promise<void>;
  drained(): Promise<void>;
};

export type AlertServiceDeps = { pool: Pool; accept: AcceptService; logger: Logger };

/** A subscription fails when it has done nothing else for this long and this often. */
const FAILING_AFTER_SECONDS = 300;
const FAILING_AFTER_FAILURES = 3;
const ASKERS_KNOWN_MS = 1_000;
const MAX_WAITING = 10_000;
const MAX_TRIES = 5;

/** Tells operators, by events of their own tenant, what has happened to their subscriptions. */
export function createAlertService({ pool, accept, logger }: AlertServiceDeps): AlertService {
  const known = createMemo<Asker[]>({ maxEntries: 1_000 });
  const waiting: FailedDelivery[] = [];
  let untold = 0;
  let working: Promise<void> | undefined;

  /** Nobody asks most of the time, and to know that is what has to be cheap. */
  function askersOfFailed({ tenant, type }: FailedDelivery): Promise<Asker[]> {
    return known.fetch(tenant, async (keep) => {
      const askers = await findAskers(pool, tenant, type);
      keep(askers, ASKERS_KNOWN_MS);
      return askers;
    });
  }

  async function publish(alert: Alert | FailedDelivery, asker: Asker): Promise<boolean> {
    const { type, tenant, at, ...data } = alert;
    const payload = JSON.stringify({ type, timestamp: new Date(at).toISOString(), data });
    const key = `${alertKey(alert)} ${asker.id}`;
    const [answer] = await accept.accept({
      tenant,
      events: [{ eventType: type, payload, payloadBytes: Buffer.byteLength(payload) }],
      target: { subscriptionId: asker.id, version: asker.version },
      idempotency: { key, requestHash: key },
    });
    return answer?.outcome !== 'stale';
  }

  /** Subscriptions may change between being found and being written to. */
  async function publishToAll(
    alert: Alert | FailedDelivery,
    found: readonly Asker[],
  ): Promise<void> {
    let askers = found;
    for (let tries = 0; tries < MAX_TRIES && askers.length > 0; tries += 1) {
      // A subscription is not notified about itself: it would not receive it.
      const others = askers.filter(({ id }) => id !== alert.subscription_id);
      const told = await Promise.all(others.map((asker) => publish(alert, asker)));
      if (told.every(Boolean)) return;
      const stale = new Set(others.filter((_, index) => !told[index]).map(({ id }) => id));
      askers = (await findAskers(pool, alert.tenant, alert.type)).filter(({ id }) => stale.has(id));
    }
  }

  async function work(): Promise<void> {
    while (waiting.length > 0) {
      const failed = waiting.splice(0, 256);
      await Promise.all(failed.map(async (one) => publishToAll(one, await askersOfFailed(one))));
    }
    if (untold > 0) logger.warn({ count: untold }, 'failed deliveries without operational event');
    untold = 0;
  }

  function start(): void {
    working ??= work()
      .catch((err: unknown) => logger.warn({ err }, 'could not publish operational events'))
      .finally(() => (working = undefined));
  }

  return {
    async tell(alert) {
      // Deleting a subscription ends its failing, which is no recovery.
      const isOver =
        alert.type !== 'posthorn.subscription.disabled' &&
        !(await isActive(pool, alert.subscription_id));
      if (isOver) return;
      await publishToAll(alert, await findAskers(pool, alert.tenant, alert.type));
    },
    deliveryFailed(failed) {
      if (isOperational(failed.event_type)) return;
      if (waiting.length >= MAX_WAITING) {
        untold += 1;
        return;
      }
      waiting.push(failed);
      start();
    },
    findFailing: () => tellFailing(pool, FAILING_AFTER_SECONDS, FAILING_AFTER_FAILURES),
    async drained() {
      await working;
    },
  };
}
