import fc from 'fast-check';
import t from 'tap';
import { judgeAttempt, parseRetryAfter } from '../../src/retries/attempt-policy.ts';
import { parseRetrySchedule } from '../../src/retries/retry-schedule.ts';

const TWICE = parseRetrySchedule('10s,30s');
const MIDDLE = 0.5;
const HOUR_MS = 3_600_000;

const answered = (statusCode: number, retryAfterMs?: number) =>
  ({ kind: 'responded', statusCode, retryAfterMs }) as const;
const judge = (result: Parameters<typeof judgeAttempt>[0], failures = 1) =>
  judgeAttempt(result, failures, TWICE, MIDDLE);

t.test('any 2xx delivers', async (t) => {
  for (const statusCode of [200, 201, 202, 204, 299]) {
    t.strictSame(judge(answered(statusCode)), {
      outcome: 'success',
      status: 'delivered',
      reason: null,
      waitMs: null,
    });
  }
});

t.test('anything else is retried while the schedule has waits', async (t) => {
  for (const result of [
    ...[199, 301, 304, 400, 401, 404, 409, 429, 500, 503].map((statusCode) => answered(statusCode)),
    { kind: 'failed' } as const,
  ]) {
    t.strictSame(judge(result, 1), {
      outcome: 'failed_attempt',
      status: 'pending',
      reason: 'retry_scheduled',
      waitMs: 10_000,
    });
    t.equal(judge(result, 2).waitMs, 30_000);
    t.strictSame(judge(result, 3), {
      outcome: 'failure',
      status: 'failed',
      reason: 'exhausted',
      waitMs: null,
    });
  }
});

t.test('410 and a forbidden address end the delivery at once', async (t) => {
  t.strictSame(judge(answered(410)), {
    outcome: 'failure',
    status: 'failed',
    reason: 'subscription_gone',
    waitMs: null,
  });
  t.strictSame(judge({ kind: 'blocked' }), {
    outcome: 'failure',
    status: 'failed',
    reason: 'target_blocked',
    waitMs: null,
  });
});

t.test('Retry-After lengthens a wait by at most an hour and never shortens it', async (t) => {
  t.equal(judge(answered(503, 60_000)).waitMs, 60_000);
  t.equal(judge(answered(503, 1_000)).waitMs, 10_000);
  t.equal(judge(answered(429, 0)).waitMs, 10_000);
  t.equal(judge(answered(503, 48 * HOUR_MS)).waitMs, HOUR_MS);
  const daily = parseRetrySchedule('1d');
  t.equal(judgeAttempt(answered(503, 48 * HOUR_MS), 1, daily, MIDDLE).waitMs, 24 * HOUR_MS);
});

t.test('Retry-After does not prolong a schedule that has ended', async (t) => {
  t.match(judge(answered(503, 1_000), 3), { status: 'failed', waitMs: null });
});

t.test('every status leads to one state, and a wait belongs to pending alone', async () => {
  const result = fc.oneof(
    fc.record({
      kind: fc.constant('responded' as const),
      statusCode: fc.integer({ min: 100, max: 999 }),
      retryAfterMs: fc.option(fc.nat(), { nil: undefined }),
    }),
    fc.constantFrom({ kind: 'blocked' } as const, { kind: 'failed' } as const),
    fc.record({ kind: fc.constant('not_sent' as const), isLasting: fc.boolean() }),
  );
  fc.assert(
    fc.property(
      result,
      fc.integer({ min: 1, max: 5 }),
      fc.double({ min: 0, max: 0.999, noNaN: true }),
      (one, failures, random) => {
        const { outcome, status, reason, waitMs } = judgeAttempt(one, failures, TWICE, random);
        return (
          (status === 'pending') === (waitMs !== null) &&
          (status === 'pending') === (outcome === 'failed_attempt') &&
          (status === 'delivered') === (outcome === 'success') &&
          (status === 'delivered') === (reason === null)
        );
      },
    ),
  );
});

t.test('what was not sent for a fault of our own is tried beside the schedule', async (t) => {
  for (const failures of [1, 2, 3, 50]) {
    t.strictSame(judge({ kind: 'not_sent', isLasting: false }, failures), {
      outcome: 'failed_attempt',
      status: 'pending',
      reason: 'retry_scheduled',
      waitMs: 20_000,
    });
  }
  t.match(judge({ kind: 'not_sent', isLasting: true }), { status: 'failed', reason: 'unsendable' });
});

t.test('Retry-After is read as seconds or as a date in UTC, and as nothing else', async (t) => {
  const now = Date.UTC(2026, 0, 2, 3, 4, 5);
  const year = 365 * 24 * HOUR_MS;
  for (const [value, ms] of [
    ['120', 120_000],
    [' 0 ', 0],
    ['292.05', 293_000],
    ['120.0', 120_000],
    ['2030.5', 2_031_000],
    ['1234567890', year],
    ['9'.repeat(400), year],
    ['Fri, 02 Jan 2026 03:05:05 GMT', 60_000],
    ['Friday, 02-Jan-26 03:05:05 GMT', 60_000],
    ['Fri Jan  2 03:05:05 2026', 60_000],
    ['Sunday, 06-Nov-94 08:49:37 GMT', 0],
    ['Fri, 02 Jan 2026 03:00:00 GMT', 0],
  ] as const) {
    t.equal(parseRetryAfter(value, now), ms, value);
  }
  const unreadable = ['', 'soon', '2814, 2', '-5', '1e3', '0x10', '5s', '2026-01-02T03:05:05Z'];
  for (const value of [undefined, ...unreadable, 'Fri, 02 Jan 2026 03:05:05 +0100']) {
    t.equal(parseRetryAfter(value, now), undefined, String(value));
  }
});
