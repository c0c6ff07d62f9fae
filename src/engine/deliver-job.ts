import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ReadyDelivery } from '../attempts/attempt.service.ts';
import type { QueuedDelivery } from '../queue/queued-delivery.ts';
import type { LaneSignal } from '../subscription-health/lane.ts';
import { isUnreadable, lookUp, type LookedUp } from '../subscriptions/look-up.ts';
import type { KnownSubscription } from '../subscriptions/subscription.ts';
import { WITHHELD_MS } from '../workers/custody.ts';
import { findFiltered, type FilterCandidate } from './delivery-filter.ts';
import {
  clear,
  DONE,
  filteredOut,
  loopbackClosed,
  withoutPlace,
  type Clearance,
  type Disposal,
} from './disposal.ts';
import { disposalsOf, itemsIn, watch, type Engine, type Item, type Job } from './job.ts';

/*
 * The steps of a job, in their order: admit, send, lease, dispose. They act on the job's items and
 * on what the engine gives them, and know neither the database nor HTTP.
 */

/** What a lease allows beside the deadline: recording, and a busy event loop. */
const LEASE_SLACK_MS = 5_000;
const LONGEST_TIMEOUT_MS = 30_000;

/** Begins what may be sent and refuses the rest. */
export async function admit(engine: Engine, job: Job): Promise<void> {
  // Filters take their time, so what has none goes first.
  const candidates: FilterCandidate[] = [];
  for (const item of job.items.values()) {
    const candidate = filterCandidate(engine, job, item);
    if (candidate === undefined) begin(engine, job, item);
    else candidates.push(candidate);
  }
  if (candidates.length === 0) return;
  const filtered = await findFiltered(candidates, engine.queue);
  for (const item of itemsIn(job, 'loaded')) {
    if (filtered.has(item.delivery)) refuse(item, filteredOut(item.delivery));
    else begin(engine, job, item);
  }
}

/** An item whose event has to pass a filter before it is sent; undefined: it has not. */
function filterCandidate(engine: Engine, job: Job, item: Item): FilterCandidate | undefined {
  const { delivery, subscription, content } = item;
  if (isUnreadable(subscription) || !subscription?.filter || delivery.attemptCount > 0)
    return undefined;
  if (earlierWork(engine, job, item) !== undefined) return undefined;
  const clearance = clear(delivery, subscription, engine.isClosed);
  return clearance.kind === 'clear' ? { delivery, subscription, content } : undefined;
}

/** A job that failed half-way comes again while some of its attempts still go on. */
function earlierWork({ inFlight }: Engine, { earlier }: Job, { delivery }: Item) {
  return inFlight.get(delivery.id) ?? earlier.get(delivery.id);
}

function begin(engine: Engine, job: Job, item: Item): void {
  const earlier = earlierWork(engine, job, item);
  if (earlier !== undefined) return watch(job, item, 'sending', earlier);
  const clearance = clear(item.delivery, item.subscription, engine.isClosed);
  if (clearance.kind === 'refused') return refuse(item, clearance.disposal);
  const work = send(engine, job, item, clearance.subscription);
  watch(job, item, 'waiting', work);
  job.custody.retain();
  engine.inFlight.add(item.delivery.id, work, () => {
    job.custody.release();
    engine.onLeft();
  });
}

function refuse(item: Item, disposal: Disposal): void {
  item.state = { kind: 'refused', disposal };
}

/** Sends once there is a place. Resolves with the outcome. */
export async function send(
  engine: Engine,
  job: Job,
  item: Item,
  subscription: KnownSubscription,
): Promise<Disposal> {
  const { delivery } = item;
  const admission = await job.visit.enter(subscription);
  if (admission.kind === 'parked') return withoutPlace(delivery, admission);
  let signal: LaneSignal = { kind: 'unused' };
  try {
    const clearance = await clearAgain(engine, item, subscription);
    if (clearance.kind === 'refused') return clearance.disposal;
    if (!job.custody.start(delivery.id)) return { kind: 'withheld', id: delivery.id };
    if (item.state.kind === 'waiting') item.state = { ...item.state, kind: 'sending' };
    if (admission.isSlow) job.wait.letGo(delivery.id);
    const ready = await makeReady(engine, item);
    const attempt = await engine.attempts.send(ready, clearance.subscription);
    signal = attempt.signal;
    admission.finish(signal);
    // A name that leads to what is closed, which only shows once it is resolved.
    const { outcome } = attempt;
    if (outcome.kind === 'blocked' && outcome.isClosed === true) return loopbackClosed(delivery);
    await engine.attempts.conclude(attempt);
  } finally {
    admission.finish(signal);
    job.custody.finish(delivery.id);
  }
  return DONE;
}

/** It may have changed since it was looked up, above all where a place had to be waited for. */
async function clearAgain(
  { directory, queue, isClosed }: Engine,
  { delivery, content }: Item,
  subscription: KnownSubscription,
): Promise<Clearance> {
  const isSame = directory.peek(subscription.id) === subscription;
  const current = isSame
    ? subscription
    : await lookUp(directory, subscription.id, subscription.version);
  const clearance = clear(delivery, current, isClosed);
  if (clearance.kind === 'refused' || clearance.subscription === subscription) return clearance;
  const changed = { delivery, content, subscription: clearance.subscription };
  const isFiltered = (await findFiltered([changed], queue)).size > 0;
  return isFiltered ? { kind: 'refused', disposal: filteredOut(delivery) } : clearance;
}

async function makeReady({ queue }: Engine, { delivery, content }: Item): Promise<ReadyDelivery> {
  const whole = content?.payload === null ? await queue.loadContent(delivery.eventId) : content;
  if (whole?.payload == null) throw new Error(`delivery ${delivery.id} has lost its event`);
  return { ...delivery, payload: whole.payload, headers: whole.headers };
}

/** Parks what waits for a place, and lets what is being sent go on under leases of its own. */
export async function letGo(engine: Engine, job: Job): Promise<void> {
  job.visit.leave();
  // Lets those that were admitted a moment ago begin, so that they count as being sent.
  await nextTurn();
  const slow: Item[] = [];
  for (const item of job.items.values()) {
    if (item.state.kind === 'waiting') await item.state.work;
    else if (item.state.kind === 'sending') {
      slow.push(item);
      item.state.work.catch((err: unknown) => {
        const { id } = item.delivery;
        engine.logger.warn({ err, delivery_id: id }, 'an attempt under lease was not recorded');
      });
    }
  }
  if (slow.length > 0) await lease(engine, slow);
}

async function lease({ queue, directory, defaultTimeoutMs }: Engine, items: readonly Item[]) {
  const leases = await Promise.all(
    items.map(async ({ delivery }) => ({
      deliveryId: delivery.id,
      attemptCount: delivery.attemptCount,
      leaseMs:
        deadlineOf(await subscriptionOf(directory, delivery), defaultTimeoutMs) + LEASE_SLACK_MS,
    })),
  );
  await queue.lease(leases);
  for (const item of items) if (item.state.kind === 'sending') item.state = { kind: 'leased' };
}

/** Of one that has come to be unreadable meanwhile, the longest that any may have. */
function deadlineOf(subscription: LookedUp, defaultTimeoutMs: number): number {
  if (isUnreadable(subscription)) return LONGEST_TIMEOUT_MS;
  return subscription?.timeoutMs ?? defaultTimeoutMs;
}

/** The subscription as of the version that its delivery names, or a later one. */
export async function subscriptionOf(
  directory: Engine['directory'],
  { subscriptionId, subscriptionVersion }: QueuedDelivery,
): Promise<LookedUp> {
  if (subscriptionVersion === null) return undefined;
  return (
    directory.peek(subscriptionId, subscriptionVersion) ??
    lookUp(directory, subscriptionId, subscriptionVersion)
  );
}

/** Parks and ends what is not sent. */
export async function dispose({ queue, onMoved }: Engine, job: Job): Promise<void> {
  const decided = disposalsOf(job);
  const parked = decided.flatMap(({ disposal }) => {
    if (disposal.kind === 'withheld')
      return [{ id: disposal.id, reason: 'released', waitMs: WITHHELD_MS }];
    return disposal.kind === 'park' ? [disposal.parked] : [];
  });
  const ended = decided.flatMap(({ disposal }) =>
    disposal.kind === 'end' ? [disposal.ended] : [],
  );
  if (parked.length > 0) await queue.park(parked);
  if (ended.length > 0) await queue.end(ended);
  if (onMoved === undefined) return;
  for (const { delivery, disposal } of decided) {
    if (disposal.kind === 'park') onMoved(delivery, 'pending', disposal.parked.reason);
    else if (disposal.kind === 'end')
      onMoved(delivery, disposal.ended.status, disposal.ended.reason);
  }
}
