import type { Fault } from './in-flight.ts';
import type { Load } from './load.ts';
import type { Entry } from './ledger.ts';
import type { Arrival } from './receiver.ts';
import type { Stage } from './stage.ts';
import { happens } from './wait.ts';

export type Verdict = {
  readonly accepted: number;
  readonly lost: number;
  readonly doubled: number;
  /** How many were made again since the receiver, which shares the machine, answered too late. */
  readonly answeredLate: number;
  /** How many the faults found in flight, each counted at every fault: what may be doubled. */
  readonly inFlight: number;
  readonly violations: readonly string[];
};

export type VerdictOptions = {
  readonly drainWithinMs: number;
  readonly faults: readonly Fault[];
};

const NAMED = 3;

/**
 * Waits until everything accepted has arrived, then holds the ledger against the receiver and
 * against the API.
 */
export async function judge(stage: Stage, load: Load, options: VerdictOptions): Promise<Verdict> {
  const { ledger, arrivals } = load;
  const accepted = [...ledger.entries.values()].filter((entry) => entry.acceptedAtMs !== undefined);
  const isTaken = ({ seq }: Entry) => arrivals.get(seq)?.some((one) => one.isTaken) === true;
  await happens(options.drainWithinMs, () => accepted.every(isTaken));

  const lost = accepted.filter((entry) => !isTaken(entry));
  const doubled = [...arrivals].filter(([, list]) => list.filter((one) => one.isTaken).length > 1);
  const odd = doubled.filter(([, list]) => !isExcused(list, options.faults));
  const late = new Set<number>();
  for (const [seq, list] of odd) {
    if (await wasAnsweredLate(stage, list, options.faults)) late.add(seq);
  }
  const unexcused = odd.filter(([seq]) => !late.has(seq));
  const violations = [
    ...complain(
      'accepted and never delivered',
      lost.map((entry) => entry.seq),
    ),
    ...complain(
      'delivered twice without having been in flight',
      unexcused.map(([seq]) => seq),
    ),
    ...unexcused.slice(0, NAMED).map(([seq, list]) => describe(load, seq, list, options.faults)),
    ...complain(
      'known by two ids',
      accepted.filter((entry) => entry.eventIds.size > 1).map((entry) => entry.seq),
    ),
    ...complain(
      'delivered as two events',
      [...arrivals]
        .filter(([, list]) => new Set(list.map((one) => one.eventId)).size > 1)
        .map(([seq]) => seq),
    ),
    ...complain(
      'delivered but never sent',
      [...arrivals.keys()].filter((seq) => !ledger.entries.has(seq) && isOfThisLedger(load, seq)),
    ),
    ...(await compareWithApi(stage, load, accepted, options.drainWithinMs)),
    ...(await checkAttempts(
      stage,
      doubled.map(([, list]) => (list[0] as Arrival).deliveryId),
    )),
    ...stage.processes.flatMap((one) => one.crashes),
  ];
  return {
    accepted: accepted.length,
    lost: lost.length,
    doubled: doubled.length - late.size,
    violations,
    answeredLate: late.size,
    inFlight: options.faults.reduce((sum, fault) => sum + fault.inFlight.size, 0),
  };
}

function complain(what: string, seqs: readonly number[]): string[] {
  if (seqs.length === 0) return [];
  const more = seqs.length > NAMED ? ', …' : '';
  return [`${seqs.length} ${what}: ${seqs.slice(0, NAMED).join(', ')}${more}`];
}

/** Enough of one event's story to look it up in the logs. */
function describe(
  { ledger }: Load,
  seq: number,
  list: readonly Arrival[],
  faults: readonly Fault[],
): string {
  const entry = ledger.entries.get(seq);
  const fromMs = entry?.firstSentAtMs ?? 0;
  const after = (ms: number): string => `${Math.round(ms - fromMs)}`;
  const arrivals = list.map((one) => `${after(one.atMs)} (attempt ${one.attempt})`);
  const near = faults
    .filter((one) => Math.abs(one.atMs - fromMs) < 20_000)
    .map(
      (one) =>
        `${after(one.atMs)} (${one.inFlight.has(list[0]?.deliveryId ?? '') ? '' : 'not '}in flight)`,
    );
  return (
    `${seq}, ${entry?.behaviour}, delivery ${list[0]?.deliveryId}: arrived at ` +
    `${arrivals.join(', ')} ms, faults at ${near.join(', ')}`
  );
}

/**
 * Between any copy and the next a fault has struck that found the delivery in flight; where it
 * ended the sender, the earlier copy had arrived by then.
 */
export function isExcused(list: readonly Arrival[], faults: readonly Fault[]): boolean {
  return findOddPairs(list, faults).length === 0;
}

/** Copies that no fault explains, each with the one before it. */
function findOddPairs(
  list: readonly Arrival[],
  faults: readonly Fault[],
): { earlier: Arrival; later: Arrival }[] {
  const copies = list.filter((one) => one.isTaken);
  return copies.slice(1).flatMap((later, index) => {
    const earlier = copies[index] as Arrival;
    const isExplained = faults.some(
      (fault) =>
        fault.inFlight.has(earlier.deliveryId) &&
        fault.atMs < later.atMs &&
        earlier.atMs <= (fault.arrivedByMs ?? Number.POSITIVE_INFINITY),
    );
    return isExplained ? [] : [{ earlier, later }];
  });
}

/** Whether each copy that no fault explains followed an attempt that the log has as timed out. */
async function wasAnsweredLate(
  stage: Stage,
  list: readonly Arrival[],
  faults: readonly Fault[],
): Promise<boolean> {
  const { data } = await get<{
    data: { attempt_number: number; error: { kind: string } | null }[];
  }>(stage, `/deliveries/${list[0]?.deliveryId}/attempts`);
  const timedOut = new Set(
    data.filter(({ error }) => error?.kind === 'timed_out').map((one) => one.attempt_number),
  );
  return findOddPairs(list, faults).every(
    ({ earlier, later }) => later.attempt > earlier.attempt && timedOut.has(earlier.attempt),
  );
}

function isOfThisLedger(load: Load, seq: number): boolean {
  const [first = 0] = load.ledger.entries.keys();
  return seq >= first;
}

type ListedDelivery = { id: string; event_id: string; status: string; reason: string | null };

/** What the API says of the events: each has one delivery, and that is delivered. */
async function compareWithApi(
  stage: Stage,
  load: Load,
  accepted: readonly Entry[],
  withinMs: number,
): Promise<string[]> {
  // Processes whose clock is wrong keep the database's, which is this machine's.
  const after = new Date(load.startedAt.getTime() - 1_000).toISOString();
  let wrong: string[] = [];
  const isRight = async (): Promise<boolean> => {
    const listed = await listDeliveries(stage, after);
    const byEvent = Map.groupBy(listed, (delivery) => delivery.event_id);
    wrong = accepted.flatMap(({ seq, eventIds: [id = ''] }) => {
      const deliveries = byEvent.get(id) ?? [];
      const states = deliveries.map(({ status, reason }) => `${status} ${reason ?? ''}`.trim());
      return states.join() === 'delivered'
        ? []
        : [`${seq} is ${states.join(' and ') || 'unknown'}`];
    });
    return wrong.length === 0;
  };
  // What the receiver has taken may still have to be recorded.
  await happens(withinMs, isRight, 500);
  return wrong.length === 0
    ? []
    : [`the API disagrees about ${wrong.length}: ${wrong.slice(0, NAMED).join(', ')}`];
}

async function listDeliveries(stage: Stage, after: string): Promise<ListedDelivery[]> {
  const found: ListedDelivery[] = [];
  let cursor: string | null = '';
  while (cursor !== null) {
    const query = new URLSearchParams({ limit: '200', created_after: after });
    if (cursor !== '') query.set('cursor', cursor);
    const page: { data: ListedDelivery[]; next_cursor: string | null } = await get(
      stage,
      `/deliveries?${query}`,
    );
    found.push(...page.data);
    cursor = page.next_cursor;
  }
  return found;
}

/** However often it was sent, the log has one success and numbers without gaps. */
async function checkAttempts(stage: Stage, deliveryIds: readonly string[]): Promise<string[]> {
  const wrong: string[] = [];
  for (const id of deliveryIds) {
    const { data } = await get<{ data: { attempt_number: number; outcome: string }[] }>(
      stage,
      `/deliveries/${id}/attempts`,
    );
    const numbers = data.map((one) => one.attempt_number).sort((a, b) => a - b);
    const successes = data.filter((one) => one.outcome === 'success').length;
    if (successes !== 1 || numbers.some((number, index) => number !== index + 1)) {
      wrong.push(`delivery ${id} has ${successes} successes and attempts ${numbers.join(', ')}`);
    }
  }
  return wrong;
}

export async function get<T>(stage: Stage, path: string): Promise<T> {
  const response = await fetch(`${stage.apis[0]?.origin}${path}`);
  if (!response.ok) throw new Error(`${path} was answered ${response.status}`);
  return (await response.json()) as T;
}
