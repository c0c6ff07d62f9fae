import { join } from 'node:path';
import t from 'tap';
import { openJournal, type Entry } from '../../scripts/faults/journal.ts';
import type { Arrival } from '../../scripts/faults/receiver.ts';
import { isExcused } from '../../scripts/faults/verdict.ts';

const copy = (atMs: number, fields: Partial<Arrival> = {}): Arrival => ({
  atMs,
  attempt: 1,
  eventId: 'event',
  deliveryId: 'one',
  isTaken: true,
  ...fields,
});
const kill = { atMs: 1_000, inFlight: new Set(['one']), arrivedByMs: 1_100 };

t.test(
  'a second copy is excused by a fault that found its delivery in flight, between the two',
  async (t) => {
    t.ok(isExcused([copy(990), copy(2_200)], [kill]));
    t.ok(isExcused([copy(1_090), copy(2_200)], [kill]), 'the first was still on the wire');
    t.notOk(
      isExcused([copy(990, { deliveryId: 'two' }), copy(2_200)], [kill]),
      'it was not in flight',
    );
    t.notOk(isExcused([copy(900), copy(990)], [kill]), 'before the fault');
    t.notOk(isExcused([copy(1_200), copy(2_200)], [kill]), 'the dead had not sent the first');
    t.notOk(isExcused([copy(990), copy(2_200)], []));
  },
);

t.test('each copy after the first needs a fault of its own', async (t) => {
  const later = { atMs: 2_500, inFlight: new Set(['one']), arrivedByMs: 2_600 };
  const copies = [copy(990), copy(2_200), copy(3_000)];
  t.notOk(isExcused(copies, [kill]));
  t.ok(isExcused(copies, [kill, later]));
});

t.test('what the receiver did not take is no copy', async (t) => {
  t.ok(isExcused([copy(100, { isTaken: false }), copy(3_000, { attempt: 2 })], []));
});

t.test('who lived on may have sent at any time what it held', async (t) => {
  const { atMs, inFlight } = kill;
  t.ok(isExcused([copy(5_000), copy(9_000)], [{ atMs, inFlight }]));
});

t.test('a journal that is opened again holds what was added, the last time of each', async (t) => {
  const file = join(t.testdir(), 'journal.jsonl');
  const entry: Entry = {
    name: 'redis',
    seed: 7,
    form: 'long',
    elapsedMs: 10,
    load: 1,
    repetitions: 1,
    figures: [],
    violations: ['slow'],
  };
  const journal = openJournal(file);
  t.equal(journal.entries.size, 0);
  journal.add(entry);
  journal.add({ ...entry, violations: [] });
  journal.add({ ...entry, name: 'clock' });
  t.strictSame([...openJournal(file).entries], [...journal.entries]);
  t.strictSame(openJournal(file).entries.get('redis'), { ...entry, violations: [] });
});
