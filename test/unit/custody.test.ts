import t from 'tap';
import { createCustody, WITHHELD_MS } from '../../src/workers/custody.ts';
import { answerQuestion, parseAnswer } from '../../src/workers/custody-messages.ts';

function create() {
  const forgotten: string[] = [];
  let nowMs = 0;
  const custody = createCustody({ forget: (id) => void forgotten.push(id), now: () => nowMs });
  return { custody, forgotten, pass: (ms: number) => (nowMs += ms) };
}

t.test('an attempt is under way from its start until it is finished', (t) => {
  const { custody } = create();
  const job = custody.enter();
  t.notOk(custody.isUnderWay('a'));
  t.ok(job.start('a'));
  t.ok(custody.isUnderWay('a'));
  t.ok(custody.withhold('a'));
  job.finish('a');
  t.notOk(custody.isUnderWay('a'));
  t.end();
});

t.test(
  'what is withheld does not start in a job that may have read it before, however late',
  (t) => {
    const { custody, forgotten, pass } = create();
    const job = custody.enter();
    t.notOk(custody.withhold('a'));
    t.strictSame(forgotten, ['a'], 'nor is it sent from memory');
    pass(10 * WITHHELD_MS);
    t.notOk(job.start('a'));
    t.ok(job.start('b'), 'others do');
    t.end();
  },
);

t.test('jobs that begin while something is withheld do not start it, later ones do', (t) => {
  const { custody, pass } = create();
  custody.withhold('a');
  const early = custody.enter();
  pass(WITHHELD_MS);
  t.notOk(early.start('a'));
  t.ok(custody.enter().start('a'));
  t.end();
});

t.test('work that outlives its job hears of what is withheld as well', (t) => {
  const { custody } = create();
  const job = custody.enter();
  job.retain();
  job.release();
  custody.withhold('a');
  t.notOk(job.start('a'));
  job.release();
  t.end();
});

t.test('a worker answers what it is asked, and nothing else', (t) => {
  const { custody } = create();
  custody.enter().start('a');
  const ask = (question: unknown) => answerQuestion(custody, 'w', JSON.stringify(question));
  const answer = ask({ question: 'q', deliveryId: 'a', isWithholding: false });
  t.strictSame(parseAnswer(answer ?? ''), { question: 'q', workerId: 'w', isUnderWay: true });
  const free = ask({ question: 'q', deliveryId: 'b', isWithholding: true });
  t.match(parseAnswer(free ?? ''), { isUnderWay: false });
  t.notOk(custody.enter().start('b'));
  for (const other of [null, 1, [], {}, { question: 1 }, { question: 'q', deliveryId: 'a' }]) {
    t.equal(ask(other), undefined);
    t.equal(parseAnswer(JSON.stringify(other)), undefined);
  }
  t.equal(answerQuestion(custody, 'w', '{'), undefined);
  t.end();
});
