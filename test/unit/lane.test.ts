import fc from 'fast-check';
import t from 'tap';
import { createLane, type LaneSignal } from '../../src/subscription-health/lane.ts';

const HEALTHY: LaneSignal = { kind: 'healthy' };
const OVERLOADED: LaneSignal = { kind: 'overloaded' };
const BROKEN: LaneSignal = { kind: 'broken' };

function open({ maxConcurrency = 64, ratePerSecond = null as number | null } = {}) {
  const lane = createLane({ maxConcurrency, ratePerSecond });
  /** Starts what may start, up to `most`, and answers how many did. */
  const fill = (nowMs: number, most = 1_000) => {
    let count = 0;
    while (count < most && lane.obstacle(nowMs) === null) {
      lane.start(nowMs);
      count += 1;
    }
    return count;
  };
  const attempt = (signal: LaneSignal, nowMs: number) => {
    t.equal(lane.obstacle(nowMs), null, `may start at ${nowMs}`);
    lane.start(nowMs);
    lane.finish(signal, nowMs);
  };
  const breakIt = (nowMs: number) => {
    for (let n = 0; n < 10; n += 1) attempt(BROKEN, nowMs);
  };
  return { lane, fill, attempt, breakIt };
}

t.test('a lane is saturated when its places are taken, and free again when one ends', async (t) => {
  const { lane, fill } = open({ maxConcurrency: 3 });
  t.equal(fill(0), 3);
  t.match(lane.obstacle(0), { reason: 'saturated' });
  lane.finish(HEALTHY, 5);
  t.equal(lane.obstacle(5), null);
});

t.test('success makes room for more, up to the limit', async (t) => {
  const { lane, fill } = open({ maxConcurrency: 20 });
  t.equal(fill(0), 16);
  for (let n = 0; n < 16; n += 1) lane.finish(HEALTHY, 1);
  t.equal(fill(1), 20);
});

t.test('strain halves a lane at most once a second, and it never closes altogether', async (t) => {
  const { lane, fill } = open();
  fill(0);
  lane.finish(OVERLOADED, 0);
  lane.finish(OVERLOADED, 10);
  t.equal(lane.state(10).concurrency, 8);
  for (let nowMs = 1_000; nowMs < 8_000; nowMs += 1_000) lane.finish(OVERLOADED, nowMs);
  t.equal(lane.state(8_000).concurrency, 1);
});

t.test('after strain a lane grows by one a round', async (t) => {
  const { lane, attempt } = open();
  attempt(OVERLOADED, 0);
  t.equal(lane.state(0).concurrency, 8);
  for (let n = 0; n < 8; n += 1) attempt(HEALTHY, 1);
  t.equal(lane.state(1).concurrency, 8);
  attempt(HEALTHY, 1);
  t.equal(lane.state(1).concurrency, 9);
});

t.test('Retry-After rests the lane for as long, within an hour', async (t) => {
  const { lane, attempt } = open();
  attempt({ kind: 'overloaded', retryAfterMs: 30_000 }, 0);
  t.strictSame(lane.obstacle(0), { reason: 'rate_limited', waitMs: 30_000 });
  t.match(lane.state(10_000), { resumeInMs: 20_000 });
  t.equal(lane.obstacle(30_000), null);
  attempt({ kind: 'overloaded', retryAfterMs: 86_400_000 }, 30_000);
  t.equal(lane.obstacle(30_000)?.waitMs, 3_600_000);
});

t.test('ten failures in a row open the breaker, a success between them does not', async (t) => {
  const { lane, attempt } = open();
  for (let n = 0; n < 9; n += 1) attempt(BROKEN, 0);
  attempt(HEALTHY, 0);
  for (let n = 0; n < 9; n += 1) attempt(n % 2 === 0 ? BROKEN : OVERLOADED, 0);
  t.equal(lane.state(0).breaker, 'closed');
  attempt(BROKEN, 0);
  t.equal(lane.state(0).breaker, 'open');
  t.strictSame(lane.obstacle(0), { reason: 'breaker_open', waitMs: 5_000 });
});

t.test('an open breaker lets a single probe through when its time is up', async (t) => {
  const { lane, breakIt, fill } = open();
  breakIt(0);
  t.match(lane.obstacle(4_999), { reason: 'breaker_open', waitMs: 250 });
  t.equal(lane.state(5_000).breaker, 'half_open');
  t.equal(lane.appetite(5_000), 1);
  t.equal(fill(5_000), 1);
  t.match(lane.obstacle(5_001), { reason: 'breaker_open' });
});

t.test('a probe that succeeds closes the breaker', async (t) => {
  const { lane, breakIt, attempt, fill } = open();
  breakIt(0);
  attempt(HEALTHY, 5_000);
  t.equal(lane.state(5_000).breaker, 'closed');
  t.ok(fill(5_000) > 1);
});

t.test('a probe that fails opens it for twice as long, for five minutes at the most', async (t) => {
  const { lane, breakIt, attempt } = open();
  breakIt(0);
  let nowMs = 5_000;
  for (const expectedMs of [10_000, 20_000, 40_000, 80_000, 160_000, 300_000, 300_000]) {
    attempt(BROKEN, nowMs);
    t.match(lane.obstacle(nowMs), { reason: 'breaker_open', waitMs: expectedMs });
    nowMs += expectedMs;
  }
});

t.test('attempts that began before the breaker opened do not count as probes', async (t) => {
  const { lane, fill } = open();
  t.equal(fill(0), 16);
  for (let n = 0; n < 16; n += 1) lane.finish(BROKEN, 100);
  t.match(lane.obstacle(100), { reason: 'breaker_open', waitMs: 5_000 });
});

t.test('a rate is kept over time, with a burst of one second', async (t) => {
  const { lane, fill } = open({ maxConcurrency: 1_000, ratePerSecond: 10 });
  const start = (nowMs: number) => {
    const count = fill(nowMs);
    for (let n = 0; n < count; n += 1) lane.finish(HEALTHY, nowMs);
    return count;
  };
  t.equal(start(0), 10);
  t.strictSame(lane.obstacle(0), { reason: 'rate_limited', waitMs: 100 });
  let total = 0;
  for (let nowMs = 1; nowMs <= 10_000; nowMs += 7) total += start(nowMs);
  t.ok(Math.abs(total - 100) <= 1, `${total} in ten seconds`);
  t.equal(start(60_000), 10, "and idling saves up no more than a second's worth");
});

t.test('a rate below one a second still lets attempts start', async (t) => {
  const { lane, fill } = open({ ratePerSecond: 0.25 });
  t.equal(fill(0), 1);
  lane.finish(HEALTHY, 0);
  t.strictSame(lane.obstacle(0), { reason: 'rate_limited', waitMs: 4_000 });
  t.equal(fill(4_000), 1);
  t.equal(fill(4_001), 0);
});

t.test('a new limit holds at once', async (t) => {
  const { lane, fill } = open({ maxConcurrency: 8 });
  fill(0, 4);
  lane.setLimits({ maxConcurrency: 2, ratePerSecond: null });
  t.match(lane.obstacle(0), { reason: 'saturated' });
  lane.setLimits({ maxConcurrency: 8, ratePerSecond: 1 });
  for (let n = 0; n < 4; n += 1) lane.finish(HEALTHY, 0);
  t.equal(fill(0), 1);
  t.match(lane.obstacle(0), { reason: 'rate_limited' });
});

t.test('a lane whose share of a rate changes spends no more for it', async (t) => {
  const { lane, fill } = open({ maxConcurrency: 1_000, ratePerSecond: 10 });
  t.equal(fill(0), 10);
  for (const ratePerSecond of [5, 10, 5, 10]) {
    lane.setLimits({ maxConcurrency: 1_000, ratePerSecond });
    t.equal(fill(0), 0, `at ${ratePerSecond} a second`);
  }
});

t.test('appetite follows what the lane can take', async (t) => {
  const { lane, fill, attempt } = open({ maxConcurrency: 4 });
  t.equal(lane.appetite(0), 4);
  for (let n = 0; n < 10; n += 1) attempt(HEALTHY, 1);
  t.equal(
    lane.appetite(1),
    24,
    'its free places, and twice what has ended since it was asked last',
  );
  t.equal(lane.appetite(1), 4);
  fill(1);
  t.equal(lane.appetite(1), 0, 'a full lane in which nothing ends wants nothing');
  const resting = open();
  resting.attempt({ kind: 'overloaded', retryAfterMs: 1_000 }, 0);
  t.equal(resting.lane.appetite(0), 0);
  const broken = open();
  broken.breakIt(0);
  t.equal(broken.lane.appetite(0), 0);
});

t.test('places move while attempts end, and no longer when none has for a while', async (t) => {
  const { lane } = open();
  t.notOk(lane.isMoving(0));
  lane.start(0);
  t.ok(lane.isMoving(50));
  t.notOk(lane.isMoving(100));
  lane.finish(HEALTHY, 200);
  t.ok(lane.isMoving(250));
});

t.test(
  'a place that was not used is given back, and says nothing about the receiver',
  async (t) => {
    const { lane, breakIt } = open();
    breakIt(0);
    lane.start(6_000);
    lane.finish({ kind: 'unused' }, 6_001);
    t.equal(lane.state(6_001).inFlight, 0);
    t.equal(lane.state(6_001).breaker, 'half_open', 'the breaker waits for a probe that was made');
  },
);

t.test('a lane is slow by its attempts so far, or by those that do not end', async (t) => {
  const { lane } = open();
  t.notOk(lane.isSlow(0));
  lane.start(0);
  t.notOk(lane.isSlow(250));
  t.ok(lane.isSlow(251), 'nothing ends');
  lane.finish(HEALTHY, 260, 260);
  t.notOk(lane.isSlow(260), 'one slow attempt is not a slow receiver');
  for (let n = 0; n < 20; n += 1) {
    lane.start(300);
    lane.finish(HEALTHY, 900, 600);
  }
  t.ok(lane.isSlow(900));
});

t.test('whatever happens, its bounds hold and it comes back to work', async () => {
  const signal = fc.constantFrom<LaneSignal>(HEALTHY, OVERLOADED, BROKEN, {
    kind: 'overloaded',
    retryAfterMs: 2_000,
  });
  const step = fc.record({
    afterMs: fc.nat({ max: 3_000 }),
    starts: fc.nat({ max: 4 }),
    ends: fc.array(signal, { maxLength: 4 }),
  });
  const limits = fc.record({
    maxConcurrency: fc.integer({ min: 1, max: 30 }),
    ratePerSecond: fc.option(fc.integer({ min: 1, max: 400 }).map((n) => n / 4)),
  });
  fc.assert(
    fc.property(limits, fc.array(step, { maxLength: 60 }), (given, steps) => {
      const lane = createLane(given);
      let nowMs = 0;
      let inFlight = 0;
      for (const { afterMs, starts, ends } of steps) {
        nowMs += afterMs;
        for (let n = 0; n < starts && lane.obstacle(nowMs) === null; n += 1) {
          lane.start(nowMs);
          inFlight += 1;
        }
        for (const end of ends.slice(0, inFlight)) {
          lane.finish(end, nowMs);
          inFlight -= 1;
        }
        const { concurrency, inFlight: counted } = lane.state(nowMs);
        const hindrance = lane.obstacle(nowMs);
        if (counted !== inFlight || inFlight > given.maxConcurrency) return false;
        if (concurrency < 1 || concurrency > given.maxConcurrency) return false;
        if (hindrance !== null && !(hindrance.waitMs > 0 && hindrance.waitMs <= 3_600_000))
          return false;
      }
      for (; inFlight > 0; inFlight -= 1) lane.finish(HEALTHY, nowMs);
      return lane.obstacle(nowMs + 3_600_000) === null;
    }),
    { numRuns: 300 },
  );
});
