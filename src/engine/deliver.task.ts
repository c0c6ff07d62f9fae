import type { TaskPayloads } from '../queue/tasks.ts';
import type { QueuedDelivery } from '../queue/queued-delivery.ts';
import { isUnreadable, type LookedUp } from '../subscriptions/look-up.ts';
import type { Custody, JobCustody } from '../workers/custody.ts';
import { admit, dispose, letGo, subscriptionOf } from './deliver-job.ts';
import { createJob, isUnfinished, type Engine, type Job } from './job.ts';
import { createTurnstile } from './turnstile.ts';

export type DeliverTaskDeps = Omit<Engine, 'onLeft'> & {
  /** Is asked before each attempt begins, and may refuse it. */
  custody: Custody;
  /** Deliveries loaded at once, past which a job waits before it loads its own. */
  maxLoaded: number;
  /** Whether others have taken over what this worker's jobs carry. */
  isOver(): boolean;
};

/**
 * The task `deliver`: loads its deliveries in one query, sends those whose subscription can take
 * them, parks or ends the others, and records. It rejects on infrastructure faults alone; run
 * again, it finds only what is still queued.
 */
export function createDeliverTask({ custody, maxLoaded, isOver, ...shared }: DeliverTaskDeps) {
  const turnstile = createTurnstile({ limit: maxLoaded, inside: () => shared.inFlight.size });
  const engine: Engine = { ...shared, onLeft: turnstile.left };

  return async function deliver(payload: TaskPayloads['deliver']): Promise<void> {
    const arrived = await turnstile.enter(payload.deliveries.length);
    const jobCustody = custody.enter();
    try {
      const job = await loadJob(engine, payload, jobCustody);
      if (job === undefined) return;
      // A job may have waited for room, or been frozen, for as long as it takes to be declared dead.
      if (isOver()) throw new Error('this worker has been taken over');
      await admit(engine, job);
      arrived();
      await job.wait.end();
      if (isUnfinished(job)) await letGo(engine, job);
      await dispose(engine, job);
    } finally {
      jobCustody.release();
      arrived();
    }
  };
}

/** Undefined when nothing of it is queued any more. */
async function loadJob(
  engine: Engine,
  payload: TaskPayloads['deliver'],
  custody: JobCustody,
): Promise<Job | undefined> {
  // What ends while its row is on the way here would look as if it were still to be sent.
  const earlier = engine.inFlight.among(payload.deliveries);
  const { deliveries, contents } = await engine.queue.load(payload);
  if (deliveries.length === 0) return undefined;
  const subscriptions = await subscriptionsOf(engine, deliveries);
  return createJob({
    earlier,
    custody,
    visit: engine.lanes.visit(),
    items: deliveries.map((delivery) => ({
      delivery,
      subscription: subscriptions.get(delivery.subscriptionId),
      content: contents.get(delivery.eventId),
    })),
  });
}

/** The subscriptions of a batch, each looked up once. */
async function subscriptionsOf(
  { directory, logger }: Engine,
  deliveries: readonly QueuedDelivery[],
): Promise<ReadonlyMap<string, LookedUp>> {
  const known = new Map<string, LookedUp>();
  for (const delivery of deliveries) {
    if (known.has(delivery.subscriptionId)) continue;
    const subscription = await subscriptionOf(directory, delivery);
    known.set(delivery.subscriptionId, subscription);
    if (isUnreadable(subscription)) {
      logger.error(
        { err: subscription.fault, subscription_id: delivery.subscriptionId },
        'deliveries are held: the secrets of their subscription cannot be decrypted',
      );
    }
  }
  return known;
}
