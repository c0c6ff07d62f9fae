import { decodeCursor, page } from '../paging/pagination.ts';
import type { components } from '../openapi/generated.ts';
import type { AttemptPosition, AttemptRow } from './attempts.repository.ts';

type Attempt = components['schemas']['Attempt'];
type AttemptError = NonNullable<Attempt['error']>;

export function toAttemptResource(row: AttemptRow): Attempt {
  return {
    delivery_id: row.delivery_id,
    attempt_number: row.attempt_number,
    outcome: row.outcome,
    status_code: row.status_code,
    duration_ms: row.duration_ms,
    error:
      row.error_kind === null
        ? null
        : { kind: row.error_kind as AttemptError['kind'], message: row.error_message ?? '' },
    response_headers: row.response_headers === null ? null : joinRepeated(row.response_headers),
    response_body: row.response_body,
    note: row.note,
    sends: row.sends,
    target_url: row.target_url,
    started_at: row.started_at.toISOString(),
  };
}

/** A field that was sent several times is one value, separated by commas: RFC 9110, 5.3. */
function joinRepeated(headers: Record<string, string | string[]>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(', ') : value,
    ]),
  );
}

/** A page of attempts in the order in which they were started, or the reverse. */
export function toAttemptPage(
  rows: readonly AttemptRow[],
  limit: number,
): components['schemas']['AttemptList'] {
  const { data, next_cursor } = page(rows, limit, (row) => [
    row.started_at_us,
    row.delivery_id,
    row.attempt_number,
  ]);
  return { data: data.map(toAttemptResource), next_cursor };
}

/** Where the page before ended. @throws AppError `invalid_cursor` */
export function readAttemptPosition(cursor: string | undefined): AttemptPosition | undefined {
  if (cursor === undefined) return undefined;
  const [startedAtUs, deliveryId, attemptNumber] = decodeCursor(cursor, [
    'integer',
    'uuid',
    'integer',
  ]);
  return { startedAtUs, deliveryId, attemptNumber };
}
