import type { Kysely, Transaction } from 'kysely';
import type { DB } from '../database/tables.ts';
import { AppError } from '../base/errors.ts';
import { firstIdAt } from '../ids/event-id.ts';
import { addJob } from '../queue/enqueue.ts';
import type { SubscriptionStatus } from '../subscriptions/subscription.ts';
import { findFilterFaults } from '../matching/filter-faults.ts';
import { countScope, type ReplayCount } from './replay-count.service.ts';
import {
  REPLAYED_STATUSES,
  STEERING,
  type EndedStatus,
  type ReplayScope,
  type ReplaySource,
  type Steer,
} from './replay.ts';
import {
  findOldestMoment,
  findReplay,
  findReplays,
  insertReplay,
  setReplayStatus,
  type ReplayFilter,
  type ReplayRow,
} from './replays.repository.ts';

export type { ReplayCount } from './replay-count.service.ts';
export type { ReplayFilter, ReplayRow } from './replays.repository.ts';

/** The range to replay; absent members do not restrict it. */
export type ReplayRequest = {
  readonly createdAfter?: Date | undefined;
  readonly createdBefore?: Date | undefined;
  readonly statuses?: readonly EndedStatus[] | undefined;
  readonly eventTypes?: readonly string[] | null | undefined;
  readonly eventId?: string | undefined;
  readonly source?: ReplaySource | undefined;
  readonly targetSubscriptionId?: string | undefined;
  readonly filter?: Readonly<Record<string, unknown>> | null | undefined;
  /** Deliveries a second. */
  readonly rateLimit?: number | null | undefined;
};

/** `tenant` is the caller's throughout, null for every tenant. */
export type ReplayService = {
  /**
   * Begins a replay, which a job continues with.
   *
   * @throws AppError `subscription_not_found`, `invalid_request`, `subscription_disabled`
   */
  begin(tenant: string | null, subscriptionId: string, request: ReplayRequest): Promise<ReplayRow>;
  /** Counts what a replay would find. @throws AppError `subscription_not_found`, `invalid_request` */
  count(
    tenant: string | null,
    subscriptionId: string,
    request: ReplayRequest,
  ): Promise<ReplayCount>;
  list(
    filter: ReplayFilter,
    page: { limit: number; beforeId?: string | undefined },
  ): Promise<ReplayRow[]>;
  /** @throws AppError `replay_not_found` */
  get(tenant: string | null, id: string): Promise<ReplayRow>;
  /**
   * Pauses, resumes or cancels it, from its next page on; nothing changes where it is so already.
   *
   * @throws AppError `replay_not_found`, `replay_not_changeable`
   */
  steer(tenant: string | null, id: string, steer: Steer): Promise<ReplayRow>;
};

type ReplayTarget = {
  readonly id: string;
  readonly tenant: string;
  readonly status: SubscriptionStatus;
};

export type ReplayServiceDeps = {
  db: Kysely<DB>;
  subscriptions: {
    /** @throws AppError `subscription_not_found` */
    get(tenant: string | null, id: string): Promise<ReplayTarget>;
  };
  /** Unix time in milliseconds on the database's clock. */
  now(): number;
};

export function createReplayService(deps: ReplayServiceDeps): ReplayService {
  const { db } = deps;

  async function get(tenant: string | null, id: string): Promise<ReplayRow> {
    const replay = await findReplay(db, tenant, id);
    if (replay === undefined) {
      throw new AppError('replay_not_found', 'There is no replay with this id.');
    }
    return replay;
  }

  return {
    get,
    list: (filter, page) => findReplays(db, filter, page),

    async count(tenant, subscriptionId, request) {
      const { scope } = await readScope(deps, tenant, subscriptionId, request);
      return countScope(db, scope);
    },

    async begin(tenant, subscriptionId, request) {
      const { scope, target } = await readScope(deps, tenant, subscriptionId, request);
      if (target.status === 'disabled') {
        throw new AppError('subscription_disabled', 'The target subscription is disabled.');
      }
      const { total, is_estimate } = await countScope(db, scope);
      const rate_limit = request.rateLimit ?? null;
      return db.transaction().execute(async (trx) => {
        const replay = await insertReplay(trx, { ...scope, rate_limit, total, is_estimate });
        await queueNextPage(trx, replay.id);
        return replay;
      });
    },

    async steer(tenant, id, steer) {
      const { from, to } = STEERING[steer];
      const steered = await db.transaction().execute(async (trx) => {
        const replay = await setReplayStatus(trx, tenant, id, { from, to });
        if (replay?.status === 'running') await queueNextPage(trx, id);
        return replay;
      });
      if (steered !== undefined) return steered;
      const replay = await get(tenant, id);
      if (replay.status === to) return replay;
      throw new AppError(
        'replay_not_changeable',
        `The replay has already ${ENDED[replay.status]}.`,
      );
    },
  };
}

const ENDED: Readonly<Record<ReplayRow['status'], string>> = {
  running: 'been resumed',
  paused: 'been paused',
  cancelled: 'been cancelled',
  completed: 'been completed',
  failed: 'failed',
};

function queueNextPage(trx: Transaction<DB>, id: string): Promise<void> {
  return addJob(trx, 'replay', { replay_id: id }, { jobKey: `replay:${id}` });
}

async function readScope(
  { db, subscriptions, now }: ReplayServiceDeps,
  tenant: string | null,
  subscriptionId: string,
  request: ReplayRequest,
): Promise<{ scope: ReplayScope; target: ReplayTarget }> {
  const subscription = await subscriptions.get(tenant, subscriptionId);
  const { source = 'deliveries', targetSubscriptionId = subscriptionId, eventId = null } = request;
  const target =
    targetSubscriptionId === subscriptionId
      ? subscription
      : await getTarget(subscriptions, subscription.tenant, targetSubscriptionId);
  if (source === 'events' && request.statuses !== undefined) {
    throw refused('/statuses', 'are of deliveries, and no part of events');
  }
  assertFilter(request.filter);
  const { createdBefore = new Date(now()), eventTypes = null } = request;
  const createdAfter = request.createdAfter ?? (await findOldestMoment(db));
  if (request.createdAfter !== undefined && createdAfter >= createdBefore) {
    throw refused('/created_after', 'must be before created_before, and have passed');
  }
  const until = new Date(Math.min(createdBefore.getTime(), now()));
  const scope = {
    tenant: subscription.tenant,
    subscription_id: subscriptionId,
    target_subscription_id: targetSubscriptionId,
    source,
    statuses: source === 'events' ? null : (request.statuses ?? REPLAYED_STATUSES),
    event_types: eventTypes?.length === 0 ? null : eventTypes,
    event_id: eventId,
    filter: request.filter ?? null,
    ...rangeOf(createdAfter, until, eventId),
  };
  return { scope, target };
}

/** Everything of an event shares the first 18 characters of its id. */
function rangeOf(from: Date, until: Date, eventId: string | null) {
  const [after_id, before_id] = [firstIdAt(from), firstIdAt(until)];
  if (eventId === null) return { after_id, before_id };
  const [first, last] = [
    `${eventId.slice(0, 18)}-0000-000000000000`,
    `${eventId.slice(0, 18)}-ffff-ffffffffffff`,
  ];
  return {
    after_id: first > after_id ? first : after_id,
    before_id: last < before_id ? last : before_id,
  };
}

async function getTarget(
  subscriptions: ReplayServiceDeps['subscriptions'],
  tenant: string,
  id: string,
): Promise<ReplayTarget> {
  try {
    return await subscriptions.get(tenant, id);
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'subscription_not_found') throw error;
    throw refused('/target_subscription_id', 'is no subscription of this tenant');
  }
}

/** @throws AppError `invalid_request` */
function assertFilter(filter: ReplayRequest['filter']): void {
  const faults = findFilterFaults(filter);
  if (faults.length === 0) return;
  throw new AppError('invalid_request', 'The filter is not valid.', { errors: faults });
}

function refused(pointer: string, detail: string): AppError {
  return new AppError('invalid_request', `The request body is not valid: ${pointer} ${detail}.`, {
    errors: [{ pointer, detail }],
  });
}
