import type { Pool } from 'pg';
import { plainArray } from '../database/plain-array.ts';
import type { AttemptRecord } from '../queue/queued-delivery.ts';

/** Records attempts and moves their deliveries on. Answers the deliveries that took the record. */
export async function recordAttempts(
  pool: Pool,
  workerId: string | null,
  records: readonly AttemptRecord[],
): Promise<Set<string>> {
  const nowMs = performance.now();
  const { rows } = await pool.query<{ id: string }>({
    name: 'record_attempts',
    text: `select id from posthorn.record_attempts($1, $2::uuid[], $3::smallint[], $4::text[],
      $5::smallint[], $6::int[], $7::int[], $8::text[], $9::text[], $10::text[], $11::text[],
      $12::text[], $13::smallint[], $14::text[], $15::text[], $16::text[], $17::bigint[]) as id`,
    values: [
      workerId,
      plainArray(records.map((record) => record.deliveryId)),
      plainArray(records.map((record) => record.attemptNumber)),
      plainArray(records.map((record) => record.verdict.outcome)),
      plainArray(records.map((record) => record.statusCode)),
      plainArray(records.map((record) => Math.round(record.durationMs))),
      plainArray(records.map((record) => Math.round(nowMs - record.startedAtMs))),
      records.map((record) => record.error?.kind ?? null),
      records.map((record) => record.error?.message ?? null),
      records.map((record) => record.responseHeaders && JSON.stringify(record.responseHeaders)),
      records.map((record) => record.responseBody),
      records.map((record) => record.note),
      plainArray(records.map((record) => record.sends)),
      records.map((record) => record.targetUrl),
      plainArray(records.map((record) => record.verdict.status)),
      plainArray(records.map((record) => record.verdict.reason)),
      plainArray(records.map((record) => record.verdict.waitMs)),
    ],
  });
  return new Set(rows.map((row) => row.id));
}
