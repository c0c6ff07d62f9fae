import type { DeliveryQueue } from '../queue/delivery-queue.service.ts';
import type { DeliveryStatus } from '../queue/delivery.ts';
import type { EventContent, QueuedDelivery } from '../queue/queued-delivery.ts';
import type { SubscriptionDirectory } from '../subscriptions/subscription-directory.ts';
import type { LookedUp } from '../subscriptions/look-up.ts';
import type { AttemptService } from '../attempts/attempt.service.ts';
import type { Logger } from '../base/logger.ts';
import type { Lanes, Visit } from '../subscription-health/lanes.ts';
import type { JobCustody } from '../workers/custody.ts';
import type { Disposal } from './disposal.ts';
import type { InFlight } from './in-flight.ts';
import { createJobWait, type JobWait } from './job-wait.ts';

/** What all jobs of a worker have in common. */
export type Engine = {
  readonly queue: DeliveryQueue;
  readonly directory: Pick<SubscriptionDirectory, 'peek' | 'get'>;
  readonly attempts: AttemptService;
  readonly lanes: Pick<Lanes, 'visit'>;
  readonly logger: Logger;
  readonly defaultTimeoutMs: number;
  readonly inFlight: InFlight;
  /** Whether a target is one that the operator has closed for now. */
  isClosed(targetUrl: string): boolean;
  /** Called when a delivery is no longer in flight. */
  onLeft(): void;
  /** Called for deliveries that were parked or ended unsent. Must not throw. */
  onMoved?:
    | ((delivery: QueuedDelivery, status: DeliveryStatus, reason: string) => void)
    | undefined;
};

/** How far a job has come with one of its deliveries. */
export type ItemState =
  | { readonly kind: 'loaded' }
  /** It is not sent, and has asked for no place. */
  | { readonly kind: 'refused'; readonly disposal: Disposal }
  /** It waits for a place, and may be parked for want of one. */
  | { readonly kind: 'waiting'; readonly work: Promise<Disposal> }
  /** Its attempt has begun. */
  | { readonly kind: 'sending'; readonly work: Promise<Disposal> }
  /** Its attempt goes on when the job has ended. */
  | { readonly kind: 'leased' }
  | { readonly kind: 'done'; readonly disposal: Disposal };

export type Item = {
  readonly delivery: QueuedDelivery;
  readonly subscription: LookedUp;
  /** Undefined when the event is lost. */
  readonly content: EventContent | undefined;
  state: ItemState;
};

/** One job at work: its deliveries, and what they share. */
export type Job = {
  readonly items: ReadonlyMap<string, Item>;
  /** What was under way before the deliveries were read. */
  readonly earlier: ReadonlyMap<string, Promise<Disposal>>;
  readonly visit: Visit;
  readonly custody: JobCustody;
  readonly wait: JobWait;
};

/** A job lets go of what has not finished by then, and at once of what is known to be slow. */
const LET_GO_MS = 500;

export function createJob({
  items,
  ...shared
}: Pick<Job, 'earlier' | 'visit' | 'custody'> & {
  readonly items: readonly Omit<Item, 'state'>[];
}): Job {
  return {
    ...shared,
    items: new Map(items.map((item) => [item.delivery.id, { ...item, state: { kind: 'loaded' } }])),
    wait: createJobWait(LET_GO_MS),
  };
}

/** Waits with the job for work on an item, and notes what comes of it. */
export function watch(
  job: Job,
  item: Item,
  kind: 'waiting' | 'sending',
  work: Promise<Disposal>,
): void {
  item.state = { kind, work };
  const noted = work.then((disposal) => {
    item.state = { kind: 'done', disposal };
  });
  job.wait.watch(item.delivery.id, noted);
}

export function itemsIn(job: Job, kind: ItemState['kind']): Item[] {
  return [...job.items.values()].filter(({ state }) => state.kind === kind);
}

/** Whether some of its deliveries wait or are being sent. */
export function isUnfinished({ items }: Job): boolean {
  for (const { state } of items.values()) {
    if (state.kind === 'waiting' || state.kind === 'sending') return true;
  }
  return false;
}

/** What has been decided on so far. */
export function disposalsOf({ items }: Job): { delivery: QueuedDelivery; disposal: Disposal }[] {
  return [...items.values()].flatMap(({ delivery, state }) =>
    state.kind === 'refused' || state.kind === 'done'
      ? [{ delivery, disposal: state.disposal }]
      : [],
  );
}
