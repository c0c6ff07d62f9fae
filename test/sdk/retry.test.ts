import t from 'tap';
import { isRepeatable, isWorthRetrying, waitMs } from '../../sdk/typescript/src/retry.ts';

t.test('the wait doubles up to eight seconds, less up to a half', async (t) => {
  const longest = [1, 2, 3, 6, 20].map((tries) => waitMs(tries, null, { random: () => 1 }));
  t.same(longest, [250, 500, 1_000, 8_000, 8_000]);
  t.equal(waitMs(3, null, { random: () => 0 }), 500);
});

t.test('Retry-After is seconds or a date, and a minute at the most', async (t) => {
  const options = { random: () => 0, now: () => Date.parse('2025-11-22T14:50:00Z') };
  t.equal(waitMs(1, '7', options), 7_012.5);
  t.equal(waitMs(1, 'Sat, 22 Nov 2025 14:50:30 GMT', options), 30_012.5);
  t.equal(waitMs(1, 'Sat, 22 Nov 2025 14:40:00 GMT', options), 12.5);
  t.equal(waitMs(1, '61', options), undefined);
  t.equal(waitMs(1, 'Saturday, 22-Nov-25 14:50:30 GMT', options), 30_012.5);
  t.equal(waitMs(1, 'Sat Nov 22 14:50:30 2025', options), 30_012.5, 'in UTC, wherever this runs');
  t.equal(waitMs(1, '6.5', options), 7_012.5);
  t.equal(waitMs(1, '9'.repeat(400), options), undefined);
  for (const value of ['soon', '2814, 2', '-1', '', '2025-11-22']) {
    t.equal(waitMs(1, value, options), 125, value);
  }
});

t.test('what could be done twice is tried again only where nothing was done', async (t) => {
  t.ok(isRepeatable('PATCH', false));
  t.ok(isRepeatable('POST', true));
  t.notOk(isRepeatable('POST', false));
  t.ok(isWorthRetrying(429, 'too_many_requests', false));
  t.ok(isWorthRetrying(409, 'idempotency_key_in_use', true));
  t.notOk(isWorthRetrying(409, 'idempotency_conflict', true));
  t.ok(isWorthRetrying(503, 'shutting_down', false));
  t.ok(isWorthRetrying(503, undefined, true));
  t.notOk(isWorthRetrying(503, 'unavailable', false));
  t.notOk(isWorthRetrying(500, 'internal_error', true));
});
