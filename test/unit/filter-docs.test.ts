import { readFile } from 'node:fs/promises';
import t from 'tap';
import { compileFilter, FILTER_LIMITS, parseFilter } from '../../src/matching/filter.ts';
import { explainFilter } from '../../src/matching/filter-explanation.ts';

const guide = await readFile(new URL('../../docs/filters.md', import.meta.url), 'utf8');
const blocks = [...guide.matchAll(/^```json\n(.+?)^```/gms)].map(([, text]) =>
  JSON.parse(text as string),
);
const [opening, payload, answer] = blocks;
const event = { type: 'order.created', payload, headers: { 'X-Environment': 'test' } };

t.test('every filter of docs/filters.md matches where it says so', async (t) => {
  const rows = [...guide.matchAll(/^\| `(\{.+\})` \| (yes|no) \|$/gm)];
  t.ok(rows.length >= 20, `${rows.length} examples`);
  for (const [, text, expected] of rows) {
    const matches = compileFilter(parseFilter(JSON.parse(text as string))).matches(event);
    t.equal(matches ? 'yes' : 'no', expected, `${text}`);
  }
  t.doesNotThrow(() => parseFilter(opening));
});

t.test('the test that it shows is answered as it shows', async (t) => {
  const [, body] = /-d '(\{.+?\})'$/ms.exec(guide) ?? [];
  const {
    filter,
    event: { event_type: type, payload: own },
  } = JSON.parse(body as string);
  const { matches, conditions } = explainFilter(parseFilter(filter), {
    type,
    payload: own,
    headers: null,
  });
  t.strictSame({ matches, explanation: conditions }, answer);
});

t.test('it names the limits there are', async (t) => {
  const { conditions, depth, characters, steps, operands } = FILTER_LIMITS;
  t.match(
    guide.replaceAll(/\s+/g, ' '),
    `${conditions} conditions, ${depth} levels, ${characters / 1_024} KiB, ${steps} steps in a path and ${operands} values`,
  );
});
