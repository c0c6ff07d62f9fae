import { setImmediate as nextTurn } from 'node:timers/promises';
import t from 'tap';
import { createTurnstile } from '../../src/engine/turnstile.ts';

/** A room of ten, and groups that note their names as they are let in. */
function openRoom() {
  let inside = 0;
  const admitted: string[] = [];
  const turnstile = createTurnstile({ limit: 10, inside: () => inside });
  return {
    admitted,
    async come(name: string, count: number) {
      const arrived = await turnstile.enter(count);
      admitted.push(name);
      return () => {
        inside += count;
        arrived();
        arrived();
      };
    },
    leave(count: number) {
      inside -= count;
      turnstile.left();
    },
  };
}

t.test('groups come in while there is room, also one that is too large for it', async (t) => {
  const { admitted, come } = openRoom();
  await come('a', 6);
  await come('b', 600);
  void come('c', 1);
  await nextTurn();
  t.strictSame(admitted, ['a', 'b'], 'those on their way in take room as well');
});

t.test('who waits comes in as others leave, in order', async (t) => {
  const { admitted, come, leave } = openRoom();
  const arrive = await come('a', 12);
  arrive();
  void come('b', 3);
  void come('c', 1);
  leave(2);
  await nextTurn();
  t.strictSame(admitted, ['a']);
  leave(1);
  await nextTurn();
  t.strictSame(admitted, ['a', 'b'], 'which b has filled');
  leave(4);
  await nextTurn();
  t.strictSame(admitted, ['a', 'b', 'c']);
});

t.test('those who were announced and do not come give their room back', async (t) => {
  const turnstile = createTurnstile({ limit: 1, inside: () => 0 });
  const arrived = await turnstile.enter(1);
  const next = turnstile.enter(1);
  arrived();
  t.type(await next, 'function');
});
