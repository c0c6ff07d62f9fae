import t from 'tap';
import { createBreaker } from '../../src/base/breaker.ts';

function openBreaker() {
  const state = { nowMs: 0, works: true, asked: 0, probed: 0, log: [] as string[] };
  const ask = async () => {
    state.asked += 1;
    if (!state.works) throw new Error('down');
    return 'answer';
  };
  const breaker = createBreaker({
    failureLimit: 2,
    now: () => state.nowMs,
    probe: async () => {
      state.probed += 1;
      if (!state.works) throw new Error('down');
    },
    onOpen: () => state.log.push('open'),
    onClose: () => state.log.push('closed'),
  });
  return { state, breaker, ask };
}

t.test('what fails twice in a row is left alone until a probe finds it working', async (t) => {
  const { state, breaker, ask } = openBreaker();
  t.equal(await breaker.runIfUsable(ask), 'answer');
  state.works = false;
  t.equal(await breaker.runIfUsable(ask), undefined);
  t.equal(await breaker.runIfUsable(ask), undefined);
  t.equal(await breaker.runIfUsable(ask), undefined);
  t.equal(state.asked, 3, 'nobody waits for it');
  state.nowMs = 1_000;
  await breaker.runIfUsable(ask);
  await breaker.runIfUsable(ask);
  t.equal(state.probed, 1, 'once a second');
  state.works = true;
  state.nowMs = 2_000;
  t.equal(await breaker.runIfUsable(ask), undefined, 'nobody waits for a probe');
  await new Promise(setImmediate);
  t.equal(await breaker.runIfUsable(ask), 'answer');
  t.strictSame(state.log, ['open', 'closed']);
});

t.test('one failure between successes changes nothing', async (t) => {
  const { state, breaker, ask } = openBreaker();
  for (const works of [false, true, false, true]) {
    state.works = works;
    await breaker.runIfUsable(ask);
  }
  t.equal(state.asked, 4);
  t.strictSame(state.log, []);
});

t.test('work that may not be left out is always done, and its error told', async (t) => {
  const { state, breaker, ask } = openBreaker();
  breaker.failed(new Error('lost'));
  breaker.failed(new Error('lost'));
  state.works = false;
  await t.rejects(breaker.run(ask), { message: 'down' });
  breaker.worked();
  t.strictSame(state.log, ['open', 'closed']);
});
