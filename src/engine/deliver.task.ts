import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Logger } from '../base/logger.ts';
import type { TaskPayloads } from '../queue/tasks.ts';
import type { KnownSubscription } from '../subscriptions/subscription.ts';
import type { SubscriptionDirectory } from '../subscriptions/subscription-directory.ts';
import type { AttemptService, ReadyDelivery } from '../attempts/attempt.service.ts';
import { WITHHELD_MS, type Custody, type JobCustody } from '../workers/custody.ts';
import { findFiltered, type FilterCandidate } from './delivery-filter.ts';
import type { DeliveryQueue } from '../queue/delivery-queue.service.ts';
import type { LaneSignal } from '../subscription-health/lane.ts';
import type { DeliveryStatus } from '../queue/delivery.ts';
import { filteredOut, loopbackClosed, refuse, type Disposal } from './disposal.ts';
import { createJobWait } from './job-wait.ts';
import type { Lanes, Visit } from '../subscription-health/lanes.ts';
import { isUnreadable, lookUp, type LookedUp } from '../subscriptions/look-up.ts';
import type { EventContent, QueuedDelivery } from '../queue/queued-delivery.ts';
import { createTurnstile } from './turnstile.ts';

export type { Disposal };

export type DeliverTaskDeps = {
  queue: DeliveryQueue;
  directory: SubscriptionDirectory;
  attempts: AttemptService;
  lanes: Lanes;
  /** Hears of each attempt that begins, and has a say in it. */
  custody: Custody;
  logger: Logger;
  defaultTimeoutMs: number;
  /** Whether a target is one that the operator has closed for now. */
  isClosed(targetUrl: string): boolean;
  /** Deliveries loaded at once, past which a job waits before it loads its own. */
  maxLoaded: number;
  /** Whether others have taken over what this worker's jobs carry. */
  isOver(): boolean;
  /** Hears of deliveries that were put aside or ended unsent. Must not throw. */
  onMoved?(delivery: QueuedDelivery, status: DeliveryStatus, reason: string): void;
  /** Deliveries this process is busy with, by id; they may outlive their job. */
  inFlight: Map<string, Promise<Disposal>>;
};

/**
 * A job lets go of what has not finished by then, and at once of what is known to be slow; both go
 * on under leases of their own.
 */
const LET_GO_MS = 500;
/** What a lease allows beside the deadline: recording, and a busy event loop. */
const LEASE_SLACK_MS = 5_000;

const LONGEST_TIMEOUT_MS = 30_000;

const DONE = { kind: 'done' } as const;

/**
 * The task `deliver`: loads its deliveries in one query, sends those whose subscription can take
 * them, parks or ends the others, and records. It rejects on infrastructure faults alone; run
 * again, it finds only what is still queued.
 */
export function createDeliverTask(deps: DeliverTaskDeps) {
  const { queue, directory, attempts, lanes, logger } = deps;
  const turnstile = createTurnstile({ limit: deps.maxLoaded, inside: () => deps.inFlight.size });

  async function subscriptionOf(delivery: QueuedDelivery): Promise<LookedUp> {
    const { subscriptionId, subscriptionVersion } = delivery;
    if (subscriptionVersion === null) return undefined;
    return (
      directory.peek(subscriptionId, subscriptionVersion) ??
      lookUp(directory, subscriptionId, subscriptionVersion)
    );
  }

  /** Why a delivery must not be sent now. */
  function refusalOf(delivery: QueuedDelivery, subscription: LookedUp): Disposal | undefined {
    const refusal = refuse(delivery, subscription);
    if (refusal !== undefined || subscription === undefined || isUnreadable(subscription))
      return refusal;
    return deps.isClosed(subscription.targetUrl) ? loopbackClosed(delivery) : undefined;
  }

  /** The subscriptions of a batch, each looked up once. */
  async function subscriptionsOf(deliveries: readonly QueuedDelivery[]) {
    const known = new Map<string, LookedUp>();
    for (const delivery of deliveries) {
      if (known.has(delivery.subscriptionId)) continue;
      const subscription = await subscriptionOf(delivery);
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

  async function makeReady(
    delivery: QueuedDelivery,
    content: EventContent | undefined,
  ): Promise<ReadyDelivery> {
    const whole = content?.payload === null ? await queue.loadContent(delivery.eventId) : content;
    if (whole?.payload == null) throw new Error(`delivery ${delivery.id} has lost its event`);
    return { ...delivery, payload: whole.payload, headers: whole.headers };
  }

  async function deliverOne(
    delivery: QueuedDelivery,
    subscription: KnownSubscription,
    content: EventContent | undefined,
    {
      visit,
      custody,
      started,
      letGo,
    }: {
      visit: Visit;
      custody: JobCustody;
      started: Set<string>;
      letGo(id: string): void;
    },
  ): Promise<Disposal> {
    const asked = visit.enter(subscription);
    const admission = asked instanceof Promise ? await asked : asked;
    if (admission.kind === 'parked') {
      const { reason, waitMs } = admission;
      return { kind: 'park', parked: { id: delivery.id, reason, waitMs: Math.ceil(waitMs) } };
    }
    let signal: LaneSignal = { kind: 'unused' };
    try {
      // It may have changed since it was looked up, above all where a place had to be waited for.
      const current =
        directory.peek(subscription.id) === subscription
          ? subscription
          : await lookUp(directory, subscription.id, subscription.version);
      const refusal = refusalOf(delivery, current);
      if (refusal !== undefined) return refusal;
      if (current !== subscription) {
        const changed = { delivery, subscription: current as KnownSubscription, content };
        if ((await findFiltered([changed], queue)).size > 0) return filteredOut(delivery);
      }
      if (!custody.start(delivery.id)) return { kind: 'withheld', id: delivery.id };
      started.add(delivery.id);
      if (admission.isSlow) letGo(delivery.id);
      const ready = await makeReady(delivery, content);
      const attempt = await attempts.send(ready, current as KnownSubscription);
      signal = attempt.signal;
      admission.finish(signal);
      // A name that leads to what is closed, which only its resolution tells.
      const { outcome } = attempt;
      if (outcome.kind === 'blocked' && outcome.isClosed === true) return loopbackClosed(delivery);
      await attempts.conclude(attempt);
    } finally {
      admission.finish(signal);
      custody.finish(delivery.id);
    }
    return DONE;
  }

  /** Those whose event has to pass a filter before it is sent. */
  function toJudge(
    deliveries: readonly QueuedDelivery[],
    subscriptions: ReadonlyMap<string, LookedUp>,
    contents: ReadonlyMap<string, EventContent>,
  ): FilterCandidate[] {
    return deliveries.flatMap((delivery) => {
      const subscription = subscriptions.get(delivery.subscriptionId);
      if (isUnreadable(subscription) || !subscription?.filter || delivery.attemptCount > 0)
        return [];
      if (deps.inFlight.has(delivery.id) || refusalOf(delivery, subscription) !== undefined)
        return [];
      return [{ delivery, subscription, content: contents.get(delivery.eventId) }];
    });
  }

  return async function deliver(payload: TaskPayloads['deliver']): Promise<void> {
    const arrived = await turnstile.enter(payload.deliveries.length);
    const custody = deps.custody.enter();
    try {
      await deliverAll(payload, custody, arrived);
    } finally {
      custody.release();
      arrived();
    }
  };

  async function deliverAll(
    payload: TaskPayloads['deliver'],
    custody: JobCustody,
    arrived: () => void,
  ): Promise<void> {
    // What ends while its row is on the way here would look as if it were still to be sent.
    const underWay = pick(deps.inFlight, payload.deliveries);
    const { deliveries, contents } = await queue.load(payload);
    if (deliveries.length === 0) return;
    const subscriptions = await subscriptionsOf(deliveries);

    // A job may have waited for room, or been frozen, for as long as it takes to be declared dead.
    if (deps.isOver()) throw new Error('this worker has been taken over');

    const visit = lanes.visit();
    const started = new Set<string>();
    const running = new Map<string, Promise<Disposal>>();
    const wait = createJobWait<Disposal>(LET_GO_MS);
    const { finished } = wait;

    function begin(delivery: QueuedDelivery): void {
      // A job that failed half-way comes again while some of its attempts still go on.
      const earlier = deps.inFlight.get(delivery.id) ?? underWay.get(delivery.id);
      if (earlier !== undefined) {
        started.add(delivery.id);
        running.set(delivery.id, earlier);
        wait.watch(delivery.id, earlier);
        return;
      }
      const subscription = subscriptions.get(delivery.subscriptionId);
      const refusal = refusalOf(delivery, subscription);
      if (refusal !== undefined) {
        finished.set(delivery.id, refusal);
        return;
      }
      const content = contents.get(delivery.eventId);
      const work = deliverOne(delivery, subscription as KnownSubscription, content, {
        visit,
        custody,
        started,
        letGo: wait.letGo,
      });
      running.set(delivery.id, work);
      wait.watch(delivery.id, work);
      deps.inFlight.set(delivery.id, work);
      custody.retain();
      const forget = () => {
        deps.inFlight.delete(delivery.id);
        custody.release();
        turnstile.left();
      };
      work.then(forget, forget);
    }

    const candidates = toJudge(deliveries, subscriptions, contents);
    const judged = new Set(candidates.map(({ delivery }) => delivery));
    // Filters take their time, so what has none goes first.
    for (const delivery of deliveries) if (!judged.has(delivery)) begin(delivery);
    const filtered = candidates.length === 0 ? judged : await findFiltered(candidates, queue);
    for (const delivery of judged) {
      if (filtered.has(delivery)) finished.set(delivery.id, filteredOut(delivery));
      else begin(delivery);
    }
    arrived();

    await wait.end();
    if ([...running.keys()].some((id) => !finished.has(id))) {
      visit.leave();
      // Lets those that were admitted a moment ago begin, so that they count as started.
      await nextTurn();
      await leaseUnfinished(deliveries, running, finished, started);
    }
    await dispose([...finished.values()]);
    if (deps.onMoved !== undefined) tellMoved(deliveries, finished, deps.onMoved);
  }

  /** Of one that has come to be unreadable meanwhile, the longest that any may have. */
  function deadlineOf(subscription: LookedUp): number {
    if (isUnreadable(subscription)) return LONGEST_TIMEOUT_MS;
    return subscription?.timeoutMs ?? deps.defaultTimeoutMs;
  }

  /** What has started goes on under a lease; what waited for a place has just been parked. */
  async function leaseUnfinished(
    deliveries: readonly QueuedDelivery[],
    running: ReadonlyMap<string, Promise<Disposal>>,
    finished: Map<string, Disposal>,
    started: ReadonlySet<string>,
  ): Promise<void> {
    const slow: QueuedDelivery[] = [];
    for (const delivery of deliveries) {
      if (finished.has(delivery.id)) continue;
      const work = running.get(delivery.id) as Promise<Disposal>;
      if (!started.has(delivery.id)) {
        finished.set(delivery.id, await work);
        continue;
      }
      slow.push(delivery);
      work.catch((err: unknown) => {
        logger.warn({ err, delivery_id: delivery.id }, 'an attempt under lease was not recorded');
      });
    }
    if (slow.length === 0) return;
    const leases = await Promise.all(
      slow.map(async (delivery) => ({
        deliveryId: delivery.id,
        attemptCount: delivery.attemptCount,
        leaseMs: deadlineOf(await subscriptionOf(delivery)) + LEASE_SLACK_MS,
      })),
    );
    await queue.lease(leases);
  }

  async function dispose(disposals: readonly Disposal[]): Promise<void> {
    const parked = disposals.flatMap((one) => {
      if (one.kind === 'withheld') return [{ id: one.id, reason: 'released', waitMs: WITHHELD_MS }];
      return one.kind === 'park' ? [one.parked] : [];
    });
    const ended = disposals.flatMap((one) => (one.kind === 'end' ? [one.ended] : []));
    if (parked.length > 0) await queue.park(parked);
    if (ended.length > 0) await queue.end(ended);
  }
}

function pick<Value>(map: ReadonlyMap<string, Value>, keys: readonly string[]): Map<string, Value> {
  const picked = new Map<string, Value>();
  for (const key of keys) {
    const value = map.get(key);
    if (value !== undefined) picked.set(key, value);
  }
  return picked;
}

function tellMoved(
  deliveries: readonly QueuedDelivery[],
  finished: ReadonlyMap<string, Disposal>,
  onMoved: NonNullable<DeliverTaskDeps['onMoved']>,
): void {
  for (const delivery of deliveries) {
    const disposal = finished.get(delivery.id);
    if (disposal?.kind === 'park') onMoved(delivery, 'pending', disposal.parked.reason);
    else if (disposal?.kind === 'end')
      onMoved(delivery, disposal.ended.status, disposal.ended.reason);
  }
}
