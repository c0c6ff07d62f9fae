import t from 'tap';
import { readEventStream } from '../../src/dashboard/api/event-stream.ts';
import { formatRate, formatSpanMs } from '../../src/dashboard/format.ts';
import { parseMetrics } from '../../src/dashboard/metrics.ts';
import {
  itemTexts,
  jsonOrString,
  memberTexts,
  numberText,
  onOneLine,
  textToEdit,
  withTexts,
} from '../../src/dashboard/json-text.ts';
import { layOutJson } from '../../src/dashboard/pretty-json.ts';
import { publishBody, snippetOf } from '../../src/dashboard/snippets.ts';

const DRAFT = {
  tenant: '',
  eventType: 'order.created',
  payload: '{"a": "it\'s null"}',
  orderingKey: '',
  idempotencyKey: '',
};

const layOut = (source: string) =>
  layOutJson(source)
    ?.map(({ text }) => text)
    .join('');

t.test('JSON is laid out without changing what it says', async (t) => {
  t.equal(
    layOut('{"big":12345678901234567890,"a":1,"a":1.50}'),
    '{\n  "big": 12345678901234567890,\n  "a": 1,\n  "a": 1.50\n}',
  );
  t.equal(
    layOut('[ [], {} , "a,{\\"b", [null,true] ]'),
    '[\n  [],\n  {},\n  "a,{\\"b",\n  [\n    null,\n    true\n  ]\n]',
  );
  t.equal(layOut('"\\u0000"'), '"\\u0000"');
  t.equal(layOutJson('out of paper'), undefined);
});

t.test('members and items of JSON are taken out as they stand', async (t) => {
  const source = ' {"a":{"b":[1,{"c":2}]}, "d\\u0065" : 9223372036854775807,"e":[],"f":"},\\""}';
  t.same(
    [...memberTexts(source)],
    [
      ['a', '{"b":[1,{"c":2}]}'],
      ['de', '9223372036854775807'],
      ['e', '[]'],
      ['f', '"},\\""'],
    ],
  );
  t.same(itemTexts('[ 1.50,[2,3] ,{"a":[]}, "x" ]'), ['1.50', '[2,3]', '{"a":[]}', '"x"']);
  t.same(itemTexts('[]'), []);
  t.same([...memberTexts('{}')], []);
  t.same([...memberTexts('')], []);
  t.equal(textToEdit(memberTexts('{"a":{"b":1.0}}'), 'a'), '{\n  "b": 1.0\n}');
  t.equal(textToEdit(memberTexts('{"a":null}'), 'a'), '');
  t.equal(textToEdit(memberTexts('{}'), 'a'), '');
  t.equal(onOneLine('{\n  "b": [\n    1.0\n  ]\n}'), '{"b":[1.0]}');
});

t.test('what is written as JSON is sent as it was typed', async (t) => {
  t.equal(
    withTexts({ name: 'a' }, { schema: ' {"maximum": 9223372036854775807}\n', example: '' }),
    '{"name":"a","schema":{"maximum": 9223372036854775807},"example":null}',
  );
  t.equal(withTexts({}, { filter: '1' }), '{"filter":1}');
  t.equal(withTexts({}, {}), '{}');
  t.equal(jsonOrString('{"a": 1e400}'), '{"a": 1e400}');
  t.equal(jsonOrString('{"a": '), '"{\\"a\\": "');
  t.equal(numberText(' 20 '), '20');
  t.equal(numberText('007'), '"007"');
  t.equal(numberText('soon'), '"soon"');
});

t.test('the payload is published as it was typed', async (t) => {
  t.equal(
    publishBody({ ...DRAFT, payload: ' {"a":  1.0, "a": 2}\n' }),
    '{"event_type":"order.created","payload":{"a":  1.0, "a": 2}}',
  );
});

t.test('code is quoted for its language', async (t) => {
  t.match(snippetOf('curl', DRAFT, 'http://x', false), `it'\\''s null`);
  const python = snippetOf(
    'python',
    { ...DRAFT, payload: '{"a":null,"b":"null"}' },
    'http://x',
    true,
  );
  t.match(python, '"a": None');
  t.match(python, '"b": "null"');
  t.match(python, 'POSTHORN_API_KEY');
});

t.test('an event stream is read whatever the pieces it comes in', async (t) => {
  const text =
    ': hello\n\nevent: attempt\r\nid: 7\r\ndata: {"a":\r\ndata: "ü"}\r\n\r\ndata: plain\n\nevent: cut';
  const bytes = new TextEncoder().encode(text);
  for (const size of [1, 3, bytes.length]) {
    const seen = [];
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        for (let at = 0; at < bytes.length; at += size)
          controller.enqueue(bytes.slice(at, at + size));
        controller.close();
      },
    });
    for await (const message of readEventStream(body)) seen.push(message);
    t.same(
      seen,
      [
        { event: 'attempt', data: '{"a":\n"ü"}', lastEventId: '7' },
        { event: 'message', data: 'plain', lastEventId: '7' },
      ],
      `pieces of ${size}`,
    );
  }
});

t.test('metrics are read without their buckets', async (t) => {
  t.same(
    parseMetrics(
      [
        '# HELP posthorn_attempts_total Attempts made.',
        'posthorn_attempts_total{outcome="success"} 12',
        'posthorn_accept_duration_seconds_bucket{le="0.1"} 3',
        'process_cpu_seconds_total 4',
      ].join('\n'),
    ),
    [
      {
        name: 'posthorn_attempts_total',
        labels: 'outcome="success"',
        value: 12,
        help: 'Attempts made.',
      },
    ],
  );
});

t.test('numbers are rounded without lying', async (t) => {
  t.equal(formatRate(0.99999), '99.99 %', 'not 100 while something failed');
  t.equal(formatRate(1), '100 %');
  t.equal(formatRate(null), '–');
  t.equal(formatSpanMs(7_805_000), '2 h 10 min');
  t.equal(formatSpanMs(3_600_000), '1 h');
});
