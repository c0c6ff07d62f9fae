import { setTimeout as delay } from 'node:timers/promises';
import type { Pool } from 'pg';
import { codeOf } from '../base/thrown.ts';
import { createNaturalBatcher } from '../base/natural-batcher.ts';
import { isDataError } from '../database/data-error.ts';
import { recordAttempts } from './attempt-recorder.repository.ts';
import type { AttemptRecord } from '../queue/queued-delivery.ts';

export type AttemptRecorder = {
  /**
   * Resolves once the attempt is recorded: true when it was, false when it was refused because
   * the delivery had moved on.
   *
   * @throws the database's error when recording failed, or when this worker was declared dead; the
   * attempt will be made again
   */
  record(record: AttemptRecord): Promise<boolean>;
  drained(): Promise<void>;
};

const MAX_RECORDS = 256;
const MAX_BATCH_BYTES = 4 * 1_048_576;
/** A recorded attempt has been sent, so it is never refused. */
const NO_BOUND = Number.POSITIVE_INFINITY;
const RECORD_OVERHEAD_BYTES = 512;
const LINGER_FROM_RECORDS = 1.5;
const LINGER_MS = 10;
const GIVE_UP_AFTER_MS = 60_000;

/** Records outcomes in batches, on a pool that commits without waiting for the disk. */
export function createAttemptRecorder({
  pool,
  workerId,
  concurrency,
  onBatch,
}: {
  pool: Pool;
  workerId: string | null;
  concurrency: number;
  onBatch?(size: number): void;
}): AttemptRecorder {
  const batcher = createNaturalBatcher<AttemptRecord, boolean>({
    async flush(records) {
      onBatch?.(records.length);
      const recorded = await untilRecorded(() => recordAttempts(pool, workerId, records));
      return records.map((record) => recorded.has(record.deliveryId));
    },
    concurrency,
    maxItems: MAX_RECORDS,
    weigh: (record) => RECORD_OVERHEAD_BYTES + (record.responseBody?.length ?? 0),
    maxWeight: MAX_BATCH_BYTES,
    maxWaitingWeight: NO_BOUND,
    lingerMs: (recentRecords) => (recentRecords > LINGER_FROM_RECORDS ? LINGER_MS : 0),
    isItemError: isDataError,
  });
  return { record: (record) => batcher.add(record), drained: () => batcher.drained() };
}

/**
 * A delivery must not be repeated for want of a database, and recording twice is harmless,
 * so a fault of the database is waited out. Memory stays bounded: only what is in flight waits.
 */
async function untilRecorded<T>(record: () => Promise<T>): Promise<T> {
  const giveUpAtMs = performance.now() + GIVE_UP_AFTER_MS;
  for (let waitMs = 50; ; waitMs = Math.min(waitMs * 2, 1_000)) {
    try {
      return await record();
    } catch (error) {
      const isFinal = isDataError(error) || isUnregistered(error);
      if (isFinal || performance.now() > giveUpAtMs) throw error;
    }
    await delay(waitMs);
  }
}

/** This worker was declared dead: its successor makes its attempts again. */
function isUnregistered(error: unknown): boolean {
  return codeOf(error) === 'PH001';
}
