/**
 * What a filter costs a worker for each event: nanoseconds to judge a payload of 1 KB, parsed
 * beforehand and not. Prints the median of several rounds, in CPU time, so that what else the machine
 * does counts little.
 */
import {
  compileFilter,
  filterableEvent,
  parseFilter,
  type CompiledFilter,
  type FilterableEvent,
} from '../../src/matching/filter.ts';

const FILTERS: Readonly<Record<string, object>> = {
  'type alone': { type: { $startsWith: 'order.' } },
  'a type that does not match, and a payload': { type: 'x', payload: { 'order.total': 1 } },
  'one member': { payload: { 'order.total': { $gte: 100 } } },
  'five members': {
    payload: {
      'order.total': { $gte: 10 },
      'order.currency': { $in: ['EUR', 'CHF'] },
      'customer.address.country': 'AT',
      'customer.email': { $endsWith: '.example' },
      'order.cancelled': { $exists: false },
    },
  },
  'a member of eight list elements': { payload: { 'items.sku': 'none of them' } },
  '64 conditions, of which the last holds': {
    $or: Array.from({ length: 64 }, (_, n) => ({
      payload: { 'order.total': n === 63 ? 149.9 : n },
    })),
  },
};

const BATCH = 20_000;
const ROUNDS = 15;

function samplePayload(): string {
  return JSON.stringify({
    order: {
      id: 8123,
      total: 149.9,
      currency: 'EUR',
      note: null,
      placed_at: '2025-11-22T14:50:12Z',
    },
    customer: {
      id: 77,
      email: 'someone@customer.example',
      name: 'Some One',
      address: { street: 'A street 1', city: 'Vienna', zip: '1010', country: 'AT' },
    },
    items: Array.from({ length: 8 }, (_, n) => ({
      sku: `A-${n}`,
      quantity: n,
      price: 9.9,
      name: 'An article',
    })),
    padding: 'x'.repeat(226),
  });
}

let sink = 0;

function nsPerEvent(
  { matches }: Pick<CompiledFilter, 'matches'>,
  eventOf: () => FilterableEvent,
): number {
  const rounds = Array.from({ length: ROUNDS }, () => {
    const before = process.cpuUsage();
    for (let n = 0; n < BATCH; n += 1) sink += Number(matches(eventOf()));
    const { user, system } = process.cpuUsage(before);
    return ((user + system) * 1_000) / BATCH;
  });
  return rounds.sort((a, b) => a - b)[ROUNDS >> 1] as number;
}

const payload = samplePayload();
const [type, headers] = ['order.created', null];
const parsed = { type, headers, payload: JSON.parse(payload) as unknown };
const fresh = () => filterableEvent({ type, headers, payload });
const write = (line: string) => void process.stdout.write(`${line}\n`);

write(
  `payload of ${Buffer.byteLength(payload)} bytes, ns of CPU per event, median of ${ROUNDS} rounds of ${BATCH}`,
);
write('');
write('| filter | judged | parsed and judged |');
write('| --- | --- | --- |');
for (const [name, filter] of Object.entries(FILTERS)) {
  const compiled = compileFilter(parseFilter(filter));
  const [judged, both] = [nsPerEvent(compiled, () => parsed), nsPerEvent(compiled, fresh)];
  write(`| ${name} | ${Math.round(judged)} | ${Math.round(both)} |`);
}
const none = nsPerEvent({ matches: (event) => event.type === 'x' }, () => parsed);
write(`| for comparison, an empty loop | ${Math.round(none)} | |`);
if (sink < 0) throw new Error('never');
