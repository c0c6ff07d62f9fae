import t from 'tap';

import { keptHeaders, readEvent } from '../../src/sources/event.ts';
import { fitEventType } from '../../src/sources/event-type-form.ts';
import type { SourceRequest } from '../../src/sources/request.ts';
import { inventSecret, kindNamed, SIGNABLE, signedSample, SOURCE_URL } from '../helpers/sources.ts';

const json = (document: unknown, headers: Record<string, string> = {}): SourceRequest => ({
  method: 'POST',
  url: SOURCE_URL,
  headers: ['Content-Type', 'application/json', ...Object.entries(headers).flat()],
  body: Buffer.from(JSON.stringify(document)),
});

const form = (fields: Record<string, string>): SourceRequest => ({
  method: 'POST',
  url: SOURCE_URL,
  headers: ['content-type', 'application/x-www-form-urlencoded'],
  body: Buffer.from(new URLSearchParams(fields).toString()),
});

t.test('a type that fits stays as it is; another is turned by one rule', async (t) => {
  for (const [original, fitted] of [
    ['order.created', 'order.created'],
    ['orders/create', 'orders/create'],
    ['repo:push', 'repo:push'],
    ['PAYMENT.CAPTURE.COMPLETED', 'PAYMENT.CAPTURE.COMPLETED'],
    ['Push Hook', 'push.hook'],
    ['Merge  Request Hook!', 'merge.request.hook'],
    ['Bestellung größer', 'bestellung.gr.er'],
    ['a'.repeat(128), 'a'.repeat(128)],
    ['A'.repeat(129), 'a'.repeat(128)],
    ['posthorn.delivery.failed', 'source.posthorn.delivery.failed'],
    ['Posthorn.x', 'source.Posthorn.x'],
    ['Posthorn x', 'source.posthorn.x'],
    ['', undefined],
    ['…', undefined],
    [' . ', undefined],
  ] as const) {
    t.equal(fitEventType(original), fitted, JSON.stringify(original));
  }
});

t.test('type and id are where the kind says; what was turned is kept beside', async (t) => {
  const cases: [string, SourceRequest, object][] = [
    [
      'gitlab-token',
      json({ object_kind: 'push' }, { 'X-Gitlab-Event': 'Push Hook', 'Idempotency-Key': 'k' }),
      { type: 'push.hook', originalType: 'Push Hook', id: 'k' },
    ],
    ['stripe', json({ id: 'evt_1', type: 'a.b' }), { type: 'a.b', id: 'evt_1' }],
    [
      'sentry',
      json({ action: 'created' }, { 'sentry-hook-resource': 'issue', 'request-id': 'r' }),
      { type: 'issue.created', id: 'r' },
    ],
    ['telegram', json({ update_id: 7, message: {} }), { type: 'message', id: '7' }],
    ['slack', form({ command: '/deploy', trigger_id: '1.2' }), { type: '/deploy', id: '1.2' }],
    [
      'slack',
      form({ payload: '{"type":"block_actions","trigger_id":"3"}' }),
      { type: 'block_actions', id: '3' },
    ],
    [
      'meta',
      json({ object: 'page', entry: [{ changes: [{ field: 'feed' }] }] }),
      { type: 'page.feed' },
    ],
    ['linear', json({ type: 'Issue' }, { 'linear-event': 'Comment' }), { type: 'Issue' }],
    [
      'cloudevents',
      json({}, { 'ce-type': 't', 'ce-source': '/s', 'ce-id': '1' }),
      { type: 't', id: '/s:1' },
    ],
    ['dropbox', json({ list_folder: {} }), { type: 'dropbox.event' }],
    ['stripe', json('text'), { type: 'stripe.event' }],
    ['openai', json({ type: 'x' }, { 'webhook-id': 'm' }), { type: 'x', id: 'm' }],
  ];
  for (const [name, request, expected] of cases) {
    t.same(readEvent(kindNamed(name), request), expected, name);
  }
});

t.test('a batch is of one type or of none, and known by all of its ids', async (t) => {
  const sendgrid = kindNamed('sendgrid');
  const batch = (...items: [event: string, id: string][]) =>
    readEvent(sendgrid, json(items.map(([event, id]) => ({ event, sg_event_id: id }))));
  t.same(batch(['open', '1']), { type: 'open', id: '1' });
  t.same(batch(['open', '1'], ['open', '2']), { type: 'open', id: '1,2' });
  t.same(batch(['open', '1'], ['click', '2']), { type: 'sendgrid.event', id: '1,2' });
  const many = Array.from({ length: 100 }, (_, index): [string, string] => ['open', `id${index}`]);
  t.match(batch(...many).id, /^sha256:[0-9a-f]{64}$/);
  t.not(batch(...many).id, batch(...many.slice(0, 99)).id);
});

t.test('ids that a provider does not promise to be of one event are none', async (t) => {
  const id = (name: string, request: SourceRequest) => readEvent(kindNamed(name), request).id;
  t.equal(id('postmark', json({ RecordType: 'Open', MessageID: 'm' })), undefined);
  t.equal(id('mollie', form({ id: 'tr_1' })), undefined);
  t.equal(id('mollie-next', json({ id: 'hook_1', type: 'x' })), undefined);
  t.equal(id('woocommerce', json({}, { 'x-wc-webhook-delivery-id': 'd' })), undefined);
  // Rounded when it was parsed: another number could have become the same.
  t.equal(id('telegram', json({ update_id: 2 ** 53 + 2 })), undefined);
  const adyen = (status: string) => json({ type: 'transfer', data: { id: 'X', status } });
  t.not(id('adyen-platform', adyen('received')), id('adyen-platform', adyen('booked')));
  t.equal(id('adyen-platform', adyen('booked')), id('adyen-platform', adyen('booked')));
});

t.test('a retry has the id of the first, for every kind with an id', async (t) => {
  for (const kind of SIGNABLE) {
    if (kind.id === undefined || kind.id_is_unique === false) continue;
    const { signing } = inventSecret(kind);
    const first = readEvent(kind, signedSample(kind, signing));
    // Signed again later, as a retry is.
    const retry = readEvent(kind, signedSample(kind, signing, Date.UTC(2026, 11, 28)));
    t.type(first.id, 'string', kind.name);
    t.same(retry, first, kind.name);
    t.match(first.id, /^[!-~]{1,200}$/, kind.name);
  }
});

t.test('a header that Hook0 or Contentful did not sign names no type', async (t) => {
  for (const [name, header] of [
    ['coinbase-cdp', 'x-event-type'],
    ['contentful', 'x-contentful-topic'],
  ] as const) {
    const kind = kindNamed(name);
    const signed = readEvent(kind, signedSample(kind, 'secret'));
    t.not(signed.type, `${name}.event`);
    const added = json({}, { [header]: 'forged', 'x-hook0-signature': 't=1,h=content-type,v1=00' });
    t.equal(readEvent(kind, added).type, `${name}.event`);
  }
});

t.test('headers that matter are kept, in lower case, and no secret among them', async (t) => {
  const request = json(
    {},
    {
      'X-GitHub-Event': 'push',
      'X-GitHub-Delivery': 'd',
      'X-Hub-Signature-256': 'sha256=00',
      Authorization: 'Bearer x',
      Cookie: 'a=b',
    },
  );
  t.same(keptHeaders(kindNamed('github'), request), {
    'content-type': 'application/json',
    'x-github-event': 'push',
    'x-github-delivery': 'd',
  });
});
