import { codeOf } from '../base/thrown.ts';
import { setTimeout as delay } from 'node:timers/promises';
import type { Pool, PoolClient } from 'pg';
import { createNaturalBatcher, GoneError, OverloadError } from '../base/natural-batcher.ts';
import { isDataError } from '../database/data-error.ts';
import { withPartitions } from '../database/partitions.ts';
import { AppError } from '../base/errors.ts';
import { createEventId } from '../ids/event-id.ts';
import type { AcceptedEvent, AcceptRequest, NewEvent } from './event.ts';
import { insertAcceptedEvents } from './accept.repository.ts';

export type AcceptService = {
  /**
   * Resolves once the request's events, deliveries and jobs are committed: the moment at which a
   * 202 may be sent.
   *
   * @throws AppError `overloaded` when too much waits, `idempotency_conflict` when the key was
   * used for another request, `idempotency_key_in_use` when a transaction that is open holds it,
   * `request_timeout` when nobody waited for the answer any more.
   */
  accept(request: AcceptRequest): Promise<AcceptedEvent[]>;
  /** Requests waiting for a batch. */
  readonly waiting: number;
  drained(): Promise<void>;
};

export type AcceptServiceDeps = {
  /** A pool of its own, whose size is the number of batches under way at once. */
  pool: Pool;
  concurrency: number;
  /** Unix time in milliseconds on the database's clock. */
  now(): number;
  /** Called for each batch's size. */
  onBatch?(size: number): void;
  /** Called when a batch has ended: with the error, or undefined once it is committed. */
  onFlushed?(error: unknown): void;
  /** Called for each event that was stored, once it is committed. */
  onStored?(event: NewEvent, answer: AcceptedEvent, tenant: string): void;
};

const MAX_REQUESTS = 256;
const MAX_BATCH_BYTES = 4 * 1_048_576;
const MAX_WAITING_BYTES = 64 * 1_048_576;
/** The cost of a request beside its payload: objects, closures, the socket that waits. */
const REQUEST_OVERHEAD_BYTES = 4_096;
/**
 * Once batches hold more than one request without waiting, gathering a little longer saves more than
 * it delays: at 500/s half of the CPU, and with it the tail of the latencies.
 */
const LINGER_FROM_REQUESTS = 1.5;
const LINGER_MS = 5;
const MAX_TRIES = 5;
/** Enough to need a new page, where a disk is full. */
const TRIAL_BYTES = 8_192;
/**
 * Two requests with one key at once are some milliseconds apart, and the second is given the first
 * one's answer. An application's transaction may hold the key for as long as it likes, and is not
 * waited for any longer.
 */
const KEY_WAITS_MS = [5, 10, 20, 40, 80, 160, 300];
/** Requests beside the queue, and its bound, that wait for their key. */
const MAX_WAITING_FOR_KEYS = 256;

/** Accepting, in micro-batches: 10,000 events a second where one by one gives 500. */
export function createAcceptService({
  pool,
  concurrency,
  now,
  onBatch,
  onFlushed,
  onStored,
}: AcceptServiceDeps): AcceptService {
  const createId = () => createEventId(now());

  async function flush(requests: readonly AcceptRequest[]): Promise<AcceptedEvent[][]> {
    onBatch?.(requests.length);
    const answers = await untilNotRolledBack(() =>
      withPartitions(pool, () => insertAcceptedEvents(pool, requests, createId)),
    ).catch((error: unknown) => {
      if (!isDataError(error)) onFlushed?.(error);
      throw error;
    });
    onFlushed?.(undefined);
    if (onStored !== undefined) tellStored(requests, answers, onStored);
    return answers;
  }

  const batcher = createNaturalBatcher<AcceptRequest, AcceptedEvent[]>({
    flush,
    concurrency,
    maxItems: MAX_REQUESTS,
    weigh: (request) =>
      request.events.reduce((bytes, event) => bytes + event.payloadBytes, REQUEST_OVERHEAD_BYTES),
    maxWeight: MAX_BATCH_BYTES,
    maxWaitingWeight: MAX_WAITING_BYTES,
    lingerMs: (recentRequests) => (recentRequests > LINGER_FROM_REQUESTS ? LINGER_MS : 0),
    isGone: (request) => request.isGone?.() === true,
    isItemError: isDataError,
  });
  let waitingForKeys = 0;

  async function add(request: AcceptRequest): Promise<AcceptedEvent[]> {
    try {
      return await batcher.add(request);
    } catch (error) {
      throw translateRefusal(error);
    }
  }

  /** Asks again, for a while, for a key that another transaction holds. */
  async function addOnceKeyIsFree(request: AcceptRequest): Promise<AcceptedEvent[]> {
    let answers = await add(request);
    for (const waitMs of KEY_WAITS_MS) {
      if (!isKeyInUse(answers) || waitingForKeys === MAX_WAITING_FOR_KEYS) break;
      waitingForKeys += 1;
      await delay(waitMs);
      waitingForKeys -= 1;
      answers = await add(request);
    }
    return answers;
  }

  return {
    async accept(request) {
      const answers = await addOnceKeyIsFree(request);
      if (isKeyInUse(answers)) {
        throw new AppError(
          'idempotency_key_in_use',
          'A transaction that has not ended holds this Idempotency-Key. Try again.',
          { retryAfterSeconds: 1 },
        );
      }
      if (answers.some((answer) => answer.outcome === 'conflict')) {
        throw new AppError(
          'idempotency_conflict',
          'This Idempotency-Key was used before, with another request.',
        );
      }
      return answers;
    },
    get waiting() {
      return batcher.waiting;
    },
    drained: () => batcher.drained(),
  };
}

/** Stores an event and takes it back. @throws the error that an event would meet now */
export async function tryAccept(client: PoolClient, now: () => number): Promise<void> {
  const payload = JSON.stringify('x'.repeat(TRIAL_BYTES));
  const event = { eventType: 'trial', payload, payloadBytes: payload.length };
  await client.query('begin');
  try {
    await insertAcceptedEvents(client, [{ tenant: 'trial', events: [event] }], () =>
      createEventId(now()),
    );
  } finally {
    await client.query('rollback');
  }
}

function isKeyInUse(answers: readonly AcceptedEvent[]): boolean {
  return answers.some(({ outcome }) => outcome === 'in_use');
}

function translateRefusal(error: unknown): unknown {
  if (error instanceof OverloadError) {
    return new AppError('overloaded', 'More events are arriving than can be stored right now.', {
      cause: error,
      retryAfterSeconds: 1,
    });
  }
  if (error instanceof GoneError) {
    // For logs and metrics: whom it answers has left.
    return new AppError('request_timeout', 'The connection closed before the events were stored.');
  }
  return error;
}

function tellStored(
  requests: readonly AcceptRequest[],
  answers: readonly AcceptedEvent[][],
  onStored: NonNullable<AcceptServiceDeps['onStored']>,
): void {
  requests.forEach(({ tenant, events }, number) => {
    events.forEach((event, index) => {
      const answer = answers[number]?.[index];
      if (answer?.outcome === 'accepted') onStored(event, answer, tenant);
    });
  });
}

/**
 * Postgres resolves a deadlock, such as one with a migration, by taking back one of the two, and
 * that may be a batch. Nothing of it happened, so it is done again.
 */
async function untilNotRolledBack<T>(work: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await work();
    } catch (error) {
      const code = codeOf(error);
      if (tries === MAX_TRIES || (code !== '40P01' && code !== '40001')) throw error;
    }
  }
}
