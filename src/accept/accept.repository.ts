import type { Pool } from 'pg';
import { plainArray } from '../database/plain-array.ts';
import type { AcceptedEvent, AcceptRequest } from './event.ts';

type AcceptRow = {
  ordinal: number;
  outcome: AcceptedEvent['outcome'];
  event_id: string | null;
  delivery_id: string | null;
  delivery_count: number;
  subscription_id: string | null;
  subscription_version: string | null;
};

/** Valid JSON holds no raw U+001E, so payloads joined by it travel as one parameter. */
const PAYLOAD_SEPARATOR = '\u001e';

const ACCEPT = {
  name: 'accept_events',
  text: `select ordinal, outcome, event_id, delivery_id, delivery_count, subscription_id,
      subscription_version
    from posthorn.accept_events($1::uuid[], $2::int[], $3::text[], $4::text[], $5::text, $6::int[],
      $7::text[], $8::text[], $9::uuid[], $10::bigint[], $11::text[], $12::text[])`,
};

/**
 * Stores a batch of requests with `posthorn.accept_events`, in one statement and one commit.
 * Answers, per request, one row per event.
 */
export async function insertAcceptedEvents(
  pool: Pick<Pool, 'query'>,
  requests: readonly AcceptRequest[],
  createId: () => string,
): Promise<AcceptedEvent[][]> {
  const items = requests.flatMap((request, number) =>
    request.events.map((event, index) => ({ request, number, event, isFirst: index === 0 })),
  );
  const values = [
    plainArray(items.map(createId)),
    plainArray(items.map(({ number }) => number)),
    items.map(({ request }) => request.tenant),
    items.map(({ event }) => event.eventType),
    items.map(({ event }) => event.payload).join(PAYLOAD_SEPARATOR),
    plainArray(items.map(({ event }) => event.payloadBytes)),
    items.map(({ event }) => event.headers && JSON.stringify(event.headers)),
    items.map(({ event }) => event.orderingKey),
    items.map(({ request }) => request.target?.subscriptionId),
    plainArray(items.map(({ request }) => request.target?.version ?? null)),
    items.map(({ request, isFirst }) => (isFirst ? request.idempotency?.key : null)),
    items.map(({ request, isFirst }) => (isFirst ? request.idempotency?.requestHash : null)),
  ];
  const { rows } = await pool.query<AcceptRow>({ ...ACCEPT, values });
  return groupByRequest(rows, requests);
}

function groupByRequest(
  rows: readonly AcceptRow[],
  requests: readonly AcceptRequest[],
): AcceptedEvent[][] {
  const byOrdinal: AcceptedEvent[] = [];
  for (const row of rows) {
    byOrdinal[row.ordinal - 1] = {
      outcome: row.outcome,
      eventId: row.event_id,
      deliveryId: row.delivery_id,
      deliveryCount: row.delivery_count,
      recipient:
        row.subscription_id === null
          ? null
          : { subscriptionId: row.subscription_id, version: Number(row.subscription_version) },
    };
  }
  let first = 0;
  return requests.map((request) => {
    const answers = byOrdinal.slice(first, first + request.events.length);
    first += request.events.length;
    return answers;
  });
}
