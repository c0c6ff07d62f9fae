import fc from 'fast-check';
import t from 'tap';
import { parseRetrySchedule, PRESETS, waitAfterFailure } from '../../src/retries/retry-schedule.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const waitsOf = (text: string) => parseRetrySchedule(text).waitsMs;

t.test('a list of waits is read in its own order', async (t) => {
  t.strictSame(waitsOf('10s,30s,1m,5m,15m'), [
    10 * SECOND,
    30 * SECOND,
    MINUTE,
    5 * MINUTE,
    15 * MINUTE,
  ]);
  t.strictSame(waitsOf('1d, 2h ,3m,4s'), [DAY, 2 * HOUR, 3 * MINUTE, 4 * SECOND]);
});

t.test('an exponential schedule doubles its first wait', async (t) => {
  t.strictSame(
    waitsOf('exponential:2m:5'),
    [2, 4, 8, 16, 32].map((minutes) => minutes * MINUTE),
  );
  t.strictSame(waitsOf('exponential:1s:1'), [SECOND]);
  t.strictSame(waitsOf('exponential:1s:0'), []);
});

t.test('presets are the schedules they are named after', async (t) => {
  t.strictSame(waitsOf('none'), []);
  t.strictSame(waitsOf('standard-webhooks'), [
    5 * SECOND,
    5 * MINUTE,
    30 * MINUTE,
    2 * HOUR,
    5 * HOUR,
    10 * HOUR,
    14 * HOUR,
    20 * HOUR,
    24 * HOUR,
  ]);
  t.strictSame(waitsOf('svix'), [
    5 * SECOND,
    5 * MINUTE,
    30 * MINUTE,
    2 * HOUR,
    5 * HOUR,
    10 * HOUR,
    10 * HOUR,
  ]);
  t.strictSame(waitsOf('short'), [10 * SECOND, 30 * SECOND, MINUTE, 5 * MINUTE, 15 * MINUTE]);
  t.strictSame(
    waitsOf('exponential'),
    [2, 4, 8, 16, 32].map((minutes) => minutes * MINUTE),
  );
  for (const [name, list] of PRESETS) t.strictSame(waitsOf(name), waitsOf(list), name);
});

t.test('what is no schedule is refused with a sentence', async (t) => {
  const noWaits = [
    '',
    ' ',
    ',',
    '10s,',
    ',10s',
    '10',
    's',
    '0s',
    '00m',
    '-1s',
    '1.5s',
    '1e3s',
    '10S',
    '10 s',
    '1w',
    '1234567s',
    'None',
    'exponential:s:3',
    'exponential:0s:3',
  ];
  for (const text of noWaits) {
    t.throws(
      () => parseRetrySchedule(text),
      { message: /is no wait: write a number and s, m, h or d/ },
      text,
    );
  }
  for (const text of [
    'exponential:',
    'exponential:2m',
    'exponential:2m:',
    'exponential:2m:x',
    'exponential:2m:-1',
    'exponential:2m:5:1',
    'exponential:2m:100',
    'exponential:2m:1.5',
  ]) {
    t.throws(() => parseRetrySchedule(text), { message: /an exponential schedule reads/ }, text);
  }
});

t.test('thirty waits of seven days are the most', async (t) => {
  t.equal(waitsOf(Array(30).fill('7d').join(',')).length, 30);
  t.throws(() => parseRetrySchedule(Array(31).fill('1s').join(',')), {
    message: 'a retry schedule has at most 30 waits, this one has 31',
  });
  t.throws(() => parseRetrySchedule('exponential:1s:31'), { message: /at most 30 waits/ });
  for (const text of ['8d', '604801s', '1s,169h', 'exponential:1d:4']) {
    t.throws(() => parseRetrySchedule(text), {
      message: 'no wait of a retry schedule may be longer than 7d',
    });
  }
});

t.test('any list that is written down is read back', async () => {
  const units = { s: SECOND, m: MINUTE, h: HOUR, d: DAY };
  const wait = fc
    .record({
      count: fc.integer({ min: 1, max: 604_800 }),
      unit: fc.constantFrom('s', 'm', 'h', 'd'),
    })
    .filter(({ count, unit }) => count * units[unit] <= 7 * DAY);
  fc.assert(
    fc.property(fc.array(wait, { minLength: 1, maxLength: 30 }), (waits) => {
      const text = waits.map(({ count, unit }) => `${count}${unit}`).join(',');
      const expected = waits.map(({ count, unit }) => count * units[unit]);
      return JSON.stringify(waitsOf(text)) === JSON.stringify(expected);
    }),
  );
});

t.test('any text is a schedule within bounds or refused', async () => {
  const pieces = fc.constantFrom(
    '1',
    '30',
    '7',
    '0',
    's',
    'm',
    'h',
    'd',
    ',',
    ':',
    ' ',
    '-',
    'none',
    'svix',
    'exponential',
  );
  const text = fc.oneof(
    fc.string(),
    fc.array(pieces, { maxLength: 12 }).map((parts) => parts.join('')),
  );
  fc.assert(
    fc.property(text, (source) => {
      let waits: readonly number[];
      try {
        waits = waitsOf(source);
      } catch (error) {
        return error instanceof Error && error.message.length < 300;
      }
      return (
        waits.length <= 30 &&
        waits.every((ms) => Number.isInteger(ms) && ms >= SECOND && ms <= 7 * DAY)
      );
    }),
    { numRuns: 500 },
  );
});

t.test('jitter keeps within a fifth of the wait and spreads over all of it', async (t) => {
  const schedule = parseRetrySchedule('10s,1m');
  t.equal(waitAfterFailure(schedule, 1, 0), 8 * SECOND);
  t.equal(waitAfterFailure(schedule, 1, 0.5), 10 * SECOND);
  t.equal(waitAfterFailure(schedule, 1, 1), 12 * SECOND);
  t.equal(waitAfterFailure(schedule, 2, 0.5), MINUTE);
  fc.assert(
    fc.property(fc.double({ min: 0, max: 1, noNaN: true }), (random) => {
      const waitMs = waitAfterFailure(schedule, 1, random) as number;
      return Number.isInteger(waitMs) && waitMs >= 8 * SECOND && waitMs <= 12 * SECOND;
    }),
  );
});

t.test('a schedule ends after its last wait', async (t) => {
  t.equal(waitAfterFailure(parseRetrySchedule('1s,2s'), 3, 0.5), undefined);
  t.equal(waitAfterFailure(parseRetrySchedule('none'), 1, 0.5), undefined);
});
