import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import t from 'tap';
import { buildBodyCheck } from '../../src/http/body-check.ts';
import { loadDocument } from '../../src/openapi/document.ts';
import { checkHeaders, DENIED_PATTERNS } from '../../src/sender/header-rules.ts';
import { createTestDatabase } from '../helpers/postgres.ts';

const { pool } = await createTestDatabase(t);
const document = loadDocument(fileURLToPath(new URL('../../openapi.yaml', import.meta.url)));
const checkBody = buildBodyCheck(document, 'PublishRequest');

type Headers = Record<string, string>;

/** Whether POST /events takes the headers, as its handler finds out. */
function isTakenByHttp(headers: Headers): boolean {
  try {
    checkBody({ event_type: 'a', payload: {}, headers });
  } catch {
    return false;
  }
  return checkHeaders(headers).length === 0;
}

async function problemsBySql(samples: readonly Headers[]): Promise<string[][]> {
  const { rows } = await pool.query<{ problems: string[] }>(
    `select array(select p.name || ' ' || p.reason from posthorn.header_problems(s.headers) as p) as problems
    from jsonb_array_elements($1::jsonb) with ordinality as s (headers, position)
    order by s.position`,
    [JSON.stringify(samples)],
  );
  return rows.map(({ problems }) => problems);
}

t.test('SQL refuses the names that the sender refuses, for the same reasons', async (t) => {
  const { rows } = await pool.query<{ pattern: string; reason: string }>(
    'select pattern, reason from posthorn.denied_headers()',
  );
  t.strictSame(
    rows.map(({ pattern, reason }) => [pattern, reason]).toSorted(),
    DENIED_PATTERNS.map(([pattern, reason]) => [pattern, reason]).toSorted(),
  );
  const names = DENIED_PATTERNS.map(([pattern]) => pattern.replace('*', 'Some'));
  const samples = names.flatMap((name) => [
    { [name]: '' },
    { [name.toUpperCase()]: '' },
    { [`${name}-x`]: '' },
  ]);
  const problems = await problemsBySql(samples);
  samples.forEach((sample, index) => {
    t.strictSame(
      problems[index],
      checkHeaders(sample).map(({ name, reason }) => `${name} ${reason}`),
    );
  });
});

t.test('whatever headers are given, SQL and POST /events agree on taking them', async (t) => {
  const name = fc
    .oneof(
      fc.string({ minLength: 1, maxLength: 12 }),
      fc.string({ unit: 'binary', minLength: 1, maxLength: 6 }),
      fc.stringMatching(/^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,12}$/),
      fc.constantFrom(
        ...DENIED_PATTERNS.map(([pattern]) => pattern),
        'Host',
        'HOST\n',
        'x-\u212Aey',
        'x-\u0130',
        'te ',
        'x-'.padEnd(128, 'a'),
        'x-'.padEnd(129, 'a'),
      ),
    )
    .map((text) => text.replaceAll('\0', '0').toWellFormed());
  const value = fc
    .oneof(
      fc.string({ maxLength: 12 }),
      fc.string({ unit: 'binary', maxLength: 6 }),
      fc.constantFrom(
        '',
        '\t',
        'a\nb',
        'a\rb',
        '\x7f',
        '\x80',
        'ÿ',
        'a'.repeat(1_024),
        'a'.repeat(1_025),
      ),
    )
    .map((text) => text.replaceAll('\0', '\x01').toWellFormed());
  const samples = fc.sample(
    fc.dictionary(name, value, { maxKeys: 3, noNullPrototype: true }),
    3_000,
  );
  const problems = await problemsBySql(samples);
  let taken = 0;
  samples.forEach((sample, index) => {
    const isTaken = isTakenByHttp(sample);
    taken += Number(isTaken);
    if ((problems[index]?.length === 0) !== isTaken)
      t.fail(JSON.stringify({ sample, sql: problems[index] }));
  });
  t.ok(taken > 300 && taken < 2_700, `${taken} of ${samples.length} are taken`);
});
