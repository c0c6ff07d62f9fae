import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Payload } from './payloads.ts';
import type { Endpoint, Receiver } from './receiver.ts';
import type { Service } from './service.ts';
import type { Target, WayIn } from './ways-in.ts';

/** What came of sending every payload through one publishing endpoint. */
export type Result = {
  readonly wayIn: string;
  readonly sent: number;
  readonly delivered: number;
  readonly byteIdentical: number;
  readonly verified: number;
  readonly retried: number;
  readonly tookMs: number;
  /** Deviations from the expected result; empty when all is well. */
  readonly mismatches: readonly string[];
};

type Delivery = { event_id: string; status: string; attempt_count: number };
type Page = { data: Delivery[]; next_cursor: string | null };

const CONCURRENT_REQUESTS = 8;
const DELIVER_WITHIN_MS = 30_000;
const POLL_MS = 50;

/** Subscribes an endpoint, sends every payload through one publishing endpoint, and holds what arrived against it. */
export async function replay(
  wayIn: WayIn,
  payloads: readonly Payload[],
  { service, receiver, signal }: { service: Service; receiver: Receiver; signal: AbortSignal },
): Promise<Result> {
  const secret = `whsec_${randomBytes(24).toString('base64')}`;
  const endpoint = receiver.createEndpoint(`/hooks/${wayIn.tenant}`, secret);
  const target = await subscribe(service, wayIn, endpoint);
  const startedAtMs = performance.now();
  const sent = await sendAll(wayIn, target, payloads, signal);

  const isDelivered = (): boolean =>
    [...sent.keys()].every((id) => endpoint.received.get(id)?.body !== undefined);
  await waitFor(isDelivered, signal);
  const tookMs = endpoint.lastDeliveredAtMs - startedAtMs;

  let logged: Delivery[] = [];
  await waitFor(async () => {
    logged = await listDeliveries(service, target);
    return logged.length > 0 && logged.every(({ status }) => status === 'delivered');
  }, signal);
  return { ...compare(wayIn, sent, endpoint, logged), tookMs };
}

async function subscribe(service: Service, { tenant }: WayIn, endpoint: Endpoint): Promise<Target> {
  const body = JSON.stringify({
    tenant,
    name: 'Demo',
    target_url: endpoint.url,
    secret: endpoint.secret,
    signature_schemes: ['standard-webhooks', 'github'],
    ingest_signature: 'required',
  });
  const { id } = (await service.call('/subscriptions', { body })) as { id: string };
  return { id, tenant, secret: endpoint.secret };
}

/** The payload of each event accepted, by event id. */
async function sendAll(
  wayIn: WayIn,
  target: Target,
  payloads: readonly Payload[],
  signal: AbortSignal,
): Promise<Map<string, Payload>> {
  const sent = new Map<string, Payload>();
  let next = 0;
  async function sendInTurn(): Promise<void> {
    while (next < payloads.length) {
      signal.throwIfAborted();
      const batch = payloads.slice(next, (next += wayIn.batchSize));
      const ids = await wayIn.send(target, batch);
      ids.forEach((id, index) => sent.set(id, batch[index]!));
    }
  }
  await Promise.all(Array.from({ length: CONCURRENT_REQUESTS }, sendInTurn));
  return sent;
}

/** Returns when the time is up, too: what is missing then shows in the comparison. */
async function waitFor(
  probe: () => boolean | Promise<boolean>,
  signal: AbortSignal,
): Promise<void> {
  const deadline = performance.now() + DELIVER_WITHIN_MS;
  while (!(await probe()) && performance.now() < deadline)
    await delay(POLL_MS, undefined, { signal });
}

async function listDeliveries(service: Service, { id }: Target): Promise<Delivery[]> {
  const deliveries: Delivery[] = [];
  let cursor: string | null = '';
  while (cursor !== null) {
    const after: string = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`;
    const page = (await service.call(`/subscriptions/${id}/deliveries?limit=100${after}`)) as Page;
    deliveries.push(...page.data);
    cursor = page.next_cursor;
  }
  return deliveries;
}

function compare(
  wayIn: WayIn,
  sent: ReadonlyMap<string, Payload>,
  { received }: Endpoint,
  logged: readonly Delivery[],
): Omit<Result, 'tookMs'> {
  const events = [...sent].map(([id, { text }]) => ({ text, event: received.get(id) }));
  const count = (isSo: (one: (typeof events)[number]) => boolean | undefined): number =>
    events.filter((one) => isSo(one)).length;
  const result = {
    wayIn: wayIn.name,
    sent: sent.size,
    delivered: count(({ event }) => event?.body !== undefined),
    byteIdentical: count(({ event, text }) => event?.body?.equals(Buffer.from(text))),
    verified: count(({ event }) => event?.isVerified),
    retried: count(({ event }) => event?.body !== undefined && event.refusedCount > 0),
  };
  const refused = count(({ event }) => (event?.refusedCount ?? 0) > 0);
  const isLogged = ({ event_id, status, attempt_count }: Delivery): boolean =>
    status === 'delivered' && attempt_count === received.get(event_id)?.requestCount;

  const mismatches: string[] = [];
  const expect = (what: string, actual: number, expected: number): void => {
    if (actual !== expected) mismatches.push(`${what}: ${actual} of ${expected}`);
  };
  expect('delivered', result.delivered, result.sent);
  expect('byte-identical', result.byteIdentical, result.sent);
  expect('signature verified', result.verified, result.sent);
  expect('delivered after having been turned away', result.retried, refused);
  expect('events nobody sent', received.size - count(({ event }) => event !== undefined), 0);
  expect('logged as delivered, with every request', logged.filter(isLogged).length, result.sent);
  return { ...result, mismatches };
}
