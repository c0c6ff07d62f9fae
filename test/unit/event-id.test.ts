import t from 'tap';
import { createEventId, timeOfId } from '../../src/ids/event-id.ts';

// Ids never go back in time, so the tests go forward.
let now = Date.UTC(2100, 0, 1);
const later = () => (now += 10_000);

t.test('an id is a UUIDv7 of its moment', async (t) => {
  const at = later();
  const id = createEventId(at);
  t.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  t.equal(timeOfId(id).getTime(), at);
});

t.test('ids of one moment sort in the order in which they were made', async (t) => {
  const at = later();
  const ids = Array.from({ length: 4_000 }, () => createEventId(at));
  t.strictSame(ids, ids.toSorted());
  t.equal(new Set(ids).size, ids.length);
  t.ok(ids.every((id) => timeOfId(id).getTime() === at));
});

t.test('a moment that is full borrows from the next', async (t) => {
  const at = later();
  const ids = Array.from({ length: 4_096 * 2 + 1 }, () => createEventId(at));
  t.strictSame(ids, ids.toSorted());
  t.equal(timeOfId(ids.at(-1) as string).getTime(), at + 2);
  t.ok(createEventId(at + 2) > (ids.at(-1) as string), 'and its order holds when that comes');
});

t.test('a clock that goes back makes no smaller ids', async (t) => {
  const at = later();
  const before = createEventId(at);
  t.ok(createEventId(at - 5_000) > before);
});

t.test('the random part differs in all of its bytes', async (t) => {
  const at = later();
  const tails = Array.from({ length: 2_000 }, () => createEventId(at).slice(19));
  t.equal(new Set(tails).size, tails.length);
  for (let place = 1; place < tails[0]!.length; place += 1) {
    if (tails[0]![place] === '-') continue;
    t.equal(new Set(tails.map((tail) => tail[place])).size, 16, `place ${place}`);
  }
});
