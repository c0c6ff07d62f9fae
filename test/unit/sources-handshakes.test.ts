import { createHash, createHmac } from 'node:crypto';
import t from 'tap';

import { receive } from '../../src/sources/receive.ts';
import type { SourceRequest } from '../../src/sources/request.ts';
import { sign } from '../../src/sources/sign.ts';
import {
  inventSecret,
  kindNamed,
  NOW_MS,
  SIGNABLE,
  signedSample,
  SOURCE_URL,
  verification,
  withHeader,
} from '../helpers/sources.ts';

const SECRET = 'f0e1d2c3b4a5968778695a4b3c2d1e0f';
const hmacHex = (text: string) => createHmac('sha256', SECRET).update(text).digest('hex');

const get = (query: string, headers: Record<string, string> = {}, method = 'GET') => ({
  method,
  url: SOURCE_URL + query,
  headers: Object.entries(headers).flat(),
  body: Buffer.alloc(0),
});

const post = (document: unknown, headers: Record<string, string> = {}): SourceRequest => ({
  method: 'POST',
  url: SOURCE_URL,
  headers: ['content-type', 'application/json', ...Object.entries(headers).flat()],
  body: Buffer.from(JSON.stringify(document)),
});

const form = (text: string, headers: Record<string, string> = {}): SourceRequest => ({
  method: 'POST',
  url: SOURCE_URL,
  headers: ['content-type', 'application/x-www-form-urlencoded', ...Object.entries(headers).flat()],
  body: Buffer.from(text),
});

function receiveAt(
  name: string,
  request: SourceRequest,
  options: { secrets?: string[]; parameters?: Record<string, string> } = {},
) {
  const { secrets = [SECRET], parameters } = options;
  const kind = kindNamed(name);
  return receive(verification(kind, request, secrets, parameters ? { parameters } : {}));
}

/** Signed as the provider would. */
function signed(name: string, request: SourceRequest): SourceRequest {
  const kind = kindNamed(name);
  const made = sign({ kind, secret: SECRET, request, nowMs: NOW_MS, parameters: {} });
  if (made === undefined) throw new Error('cannot be signed');
  return made;
}

const text = (body: string) => ({
  outcome: 'handshake',
  response: {
    status: 200,
    headers: { 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff' },
    body,
  },
});
const json = (document: object) => ({
  outcome: 'handshake',
  response: { status: 200, body: JSON.stringify(document) },
});
const empty = (status = 200) => ({ outcome: 'handshake', response: { status, body: '' } });

t.test('a challenge in the query comes back as text', async (t) => {
  t.same(await receiveAt('dropbox', get('?challenge=abc123')), text('abc123'));
  t.same(await receiveAt('nylas', get('?challenge=abc')), text('abc'));
  t.same(
    await receiveAt('microsoft-graph', get('?validationToken=Validation%3A+x', {}, 'POST')),
    text('Validation: x'),
  );
  const query = '?hub.mode=subscribe&hub.verify_token=mine&hub.challenge=158';
  t.same(await receiveAt('meta', get(query)), text('158'));
  const parameters = { verify_token: 'mine' };
  t.same(await receiveAt('meta', get(query), { parameters }), text('158'));
  t.match(await receiveAt('meta', get(query.replace('mine', 'other')), { parameters }), {
    outcome: 'refused',
  });
  t.match(await receiveAt('strava', get(query), { parameters }), json({ 'hub.challenge': '158' }));
});

t.test('a challenge in the body comes back, signed where the provider signs it', async (t) => {
  const slack = post({ type: 'url_verification', challenge: 'c', token: 't' });
  t.same(await receiveAt('slack', signed('slack', slack)), text('c'));
  t.match(await receiveAt('slack', slack), { outcome: 'refused' });
  const twitch = signed('twitch', post({ challenge: 'c', subscription: { type: 'x' } }));
  t.same(await receiveAt('twitch', twitch), text('c'));
  t.match(await receiveAt('monday', post({ challenge: 'c' })), json({ challenge: 'c' }));
  const azure = post([
    {
      id: '1',
      eventType: 'Microsoft.EventGrid.SubscriptionValidationEvent',
      data: { validationCode: 'C-1' },
    },
  ]);
  t.match(await receiveAt('azure-event-grid', azure), json({ validationResponse: 'C-1' }));
});

t.test('a challenge is answered with its HMAC', async (t) => {
  t.match(
    await receiveAt('linkedin', get('?challengeCode=890e4665-4dfe-4ab1-b689-ed553bceeed0')),
    json({
      challengeCode: '890e4665-4dfe-4ab1-b689-ed553bceeed0',
      challengeResponse: hmacHex('890e4665-4dfe-4ab1-b689-ed553bceeed0'),
    }),
  );
  const zoom = post({ event: 'endpoint.url_validation', payload: { plainToken: 'p1' } });
  t.match(
    await receiveAt('zoom', signed('zoom', zoom)),
    json({ plainToken: 'p1', encryptedToken: hmacHex('p1') }),
  );
  t.match(
    await receiveAt('smartcar', post({ eventName: 'verify', payload: { challenge: 'c-1' } })),
    json({ challenge: hmacHex('c-1') }),
  );
  const crc = createHmac('sha256', SECRET).update('abc').digest('base64');
  t.match(await receiveAt('x', get('?crc_token=abc')), json({ response_token: `sha256=${crc}` }));
  const key = createHash('sha1').update(SECRET).digest();
  const challenge = '20f9f8ed05f77439fe955c977e4c8a53';
  const response = createHmac('sha1', key).update(challenge).digest('hex');
  const parameters = { public_key: 'pub' };
  t.same(
    await receiveAt('braintree', get(`?bt_challenge=${challenge}`), { parameters }),
    text(`pub|${response}`),
  );
});

t.test('no challenge has an event signed', async (t) => {
  // What is signed of an event at Zoom, LinkedIn, Smartcar and X, asked for as a challenge.
  const body = '{"event":"forged"}';
  const seconds = NOW_MS / 1_000;
  const zoom = post({
    event: 'endpoint.url_validation',
    payload: { plainToken: `v0:${seconds}:${body}` },
  });
  t.match(await receiveAt('zoom', zoom), { outcome: 'refused' });
  const asked = encodeURIComponent(`hmacsha256=${body}`);
  t.match(await receiveAt('linkedin', get(`?challengeCode=${asked}`)), { outcome: 'refused' });
  t.match(await receiveAt('smartcar', post({ challenge: body })), { outcome: 'refused' });
  t.match(await receiveAt('x', get(`?crc_token=${encodeURIComponent(body)}`)), {
    outcome: 'refused',
  });
  // And the reverse: what may be asked for is no event, even signed.
  const challenge = { ...post({}), body: Buffer.from('abc123') };
  t.match(await receiveAt('smartcar', signed('smartcar', challenge)), {
    outcome: 'refused',
    refusal: { code: 'body_unreadable' },
  });
});

t.test('a header comes back, and a secret that came in it is learned once', async (t) => {
  const asana = post({}, { 'X-Hook-Secret': 'b537207f20cbfa02357cf448134da559' });
  const learned = {
    outcome: 'handshake',
    response: {
      status: 200,
      headers: { 'x-hook-secret': 'b537207f20cbfa02357cf448134da559' },
      body: '',
      learnedSecret: 'b537207f20cbfa02357cf448134da559',
    },
  };
  t.same(await receiveAt('asana', asana, { secrets: [] }), learned);
  t.match(await receiveAt('asana', asana), {
    outcome: 'refused',
    refusal: { reason: /hands over a secret, and the source has one/ },
  });
  const okta = get('', { 'X-Okta-Verification-Challenge': 'c' });
  t.match(await receiveAt('okta', okta), json({ verification: 'c' }));
  const ringcentral = post({}, { 'Validation-Token': 'v-1' });
  t.match(await receiveAt('ringcentral', ringcentral), {
    response: { headers: { 'validation-token': 'v-1' } },
  });
  const notion = post({ verification_token: 'secret_tMrlL1qK5vuQAh1b6cZGhFCh' });
  t.match(await receiveAt('notion', notion, { secrets: [] }), {
    outcome: 'handshake',
    response: { learnedSecret: 'secret_tMrlL1qK5vuQAh1b6cZGhFCh', isShown: true, status: 200 },
  });
  t.match(await receiveAt('notion', notion), { outcome: 'refused' });
});

t.test('pings get their answer and make no event', async (t) => {
  t.match(await receiveAt('trello', get('', {}, 'HEAD')), empty());
  t.match(await receiveAt('intercom', get('', {}, 'HEAD')), empty());
  const github = signed('github', post({ zen: 'z' }, { 'x-github-event': 'ping' }));
  t.match(await receiveAt('github', github), empty());
  const unsigned = withHeader(github, 'x-hub-signature-256');
  t.match(await receiveAt('github', unsigned), { outcome: 'refused' });
  t.match(await receiveAt('woocommerce', form('webhook_id=7')), empty());
  t.match(await receiveAt('slack', form('ssl_check=1&token=x')), empty());
  const pagey = signed('pagerduty', post({ event: { id: '1', event_type: 'pagey.ping' } }));
  t.match(await receiveAt('pagerduty', pagey), empty(202));
  const xero = post({ events: [], firstEventSequence: 0, lastEventSequence: 0 });
  t.match(await receiveAt('xero', signed('xero', xero)), empty());
  t.match(await receiveAt('xero', withHeader(xero, 'x-xero-signature', 'AAAA')), { status: 401 });
  const parameters = { verify_code: 'v' };
  t.match(await receiveAt('fitbit', get('?verify=v'), { parameters }), empty(204));
  t.match(await receiveAt('fitbit', get('?verify=w'), { parameters }), empty(404));
});

t.test('Discord pings both ways, and a false signature is refused with 401', async (t) => {
  const kind = kindNamed('discord');
  const { secret, signing } = inventSecret(kind);
  const send = (document: object) => {
    const request = sign({
      kind,
      secret: signing,
      request: post(document),
      nowMs: NOW_MS,
      parameters: {},
    });
    if (request === undefined) throw new Error('cannot be signed');
    return receive(verification(kind, request, [secret]));
  };
  t.match(await send({ type: 1 }), json({ type: 1 }));
  t.match(await send({ type: 0 }), empty(204));
  t.match(await send({ type: 1, event: { type: 'APPLICATION_AUTHORIZED' } }), {
    outcome: 'event',
    event: { type: 'APPLICATION_AUTHORIZED' },
    answer: { status: 204 },
  });
  const forged = post(
    { type: 1 },
    { 'x-signature-ed25519': '00'.repeat(64), 'x-signature-timestamp': '1795794648' },
  );
  t.match(await receive(verification(kind, forged, [secret])), { outcome: 'refused', status: 401 });
});

t.test('CloudEvents senders ask by OPTIONS, and may want to be called', async (t) => {
  const headers = { 'WebHook-Request-Origin': 'events.example.com', 'WebHook-Request-Rate': '120' };
  const asked = get('', headers, 'OPTIONS');
  t.match(await receiveAt('cloudevents', asked), {
    outcome: 'handshake',
    response: { status: 200, headers: { 'webhook-allowed-origin': 'events.example.com' } },
  });
  const callback = { 'WebHook-Request-Callback': 'https://events.example.com/ok?x=1' };
  t.match(await receiveAt('azure-event-grid', get('', { ...headers, ...callback }, 'OPTIONS')), {
    response: { callUrl: 'https://events.example.com/ok?x=1' },
  });
  t.match(await receiveAt('cloudevents', get('', {}, 'OPTIONS')), { outcome: 'refused' });
});

t.test('a signed sample of every kind is an event', async (t) => {
  for (const kind of SIGNABLE) {
    const { secret, signing } = inventSecret(kind);
    const received = await receive(verification(kind, signedSample(kind, signing), [secret]));
    t.match(received, { outcome: 'event', isVerified: true }, kind.name);
  }
});

t.test('answers are what each kind expects', async (t) => {
  for (const [name, answer] of [
    ['xero', { status: 200 }],
    ['pagerduty', { status: 202 }],
    ['airtable', { status: 204 }],
    ['adyen-payments', { status: 200, body: '[accepted]', content_type: 'text/plain' }],
    ['dropbox-sign', { status: 200, body: 'Hello API Event Received', content_type: 'text/plain' }],
    ['bitpay', undefined],
  ] as const) {
    t.same(kindNamed(name).answer, answer, name);
  }
  const bitpay = await receiveAt('bitpay', post({ status: 'paid' }), { secrets: [] });
  t.match(bitpay, { outcome: 'event', isVerified: false, answer: { status: 200 } });
  t.match(await receiveAt('gocardless', post({})), { outcome: 'refused', status: 498 });
  t.match(await receiveAt('bitpay', get('?x=1')), { outcome: 'refused' }, 'no event by GET');
});
