import { createHmac } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import t from 'tap';
import { buildRequest, type AttemptContent } from '../../src/attempts/delivery-request.ts';
import type { KnownSubscription } from '../../src/subscriptions/subscription.ts';

const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;

const subscription: KnownSubscription = {
  id: '019aa089-9af2-7c31-8a5e-2f0d6c1b7e94',
  tenant: 'default',
  version: 1,
  status: 'active',
  targetUrl: 'https://receiver.example/hooks',
  shownTargetUrl: 'https://receiver.example/hooks',
  eventTypes: null,
  filter: null,
  headers: {},
  signatureSchemes: ['standard-webhooks'],
  secrets: [SECRET],
  ingestSignature: 'optional',
  timeoutMs: null,
  retrySchedule: null,
  rateLimit: null,
  maxConcurrency: null,
};

const content: AttemptContent = {
  deliveryId: '019aac0b-49f9-7e02-b3c7-1a9d4e6f8025',
  eventId: '019aac0b-49f9-7d20-9b41-6f3a2c8e5d17',
  eventType: 'order.created',
  attemptNumber: 3,
  payload: '{"total":1.0,"name":"é"}',
  headers: null,
  timestampSeconds: Math.floor(Date.now() / 1_000),
  deadlineMs: 10_000,
};

function headersOf(request: ReturnType<typeof buildRequest>): Record<string, string> {
  const { headers } = request;
  if (!Array.isArray(headers)) return headers;
  const record: Record<string, string> = {};
  for (let i = 0; i < headers.length; i += 2)
    record[headers[i] as string] = headers[i + 1] as string;
  return record;
}

t.test('a request names the event, the delivery and the attempt, and is signed', async (t) => {
  const request = buildRequest(subscription, content);
  t.match(request, { url: subscription.targetUrl, deadlineMs: 10_000 });
  t.equal(String(request.body), content.payload);
  const headers = headersOf(request);
  t.match(headers, {
    'webhook-id': content.eventId,
    'webhook-timestamp': String(content.timestampSeconds),
    'x-event-type': 'order.created',
    'x-delivery-id': content.deliveryId,
    'x-attempt': '3',
  });
  t.doesNotThrow(() => new Webhook(SECRET).verify(content.payload, headers));
  t.notOk('x-hub-signature-256' in headers);
});

t.test('the GitHub scheme adds its own signature', async (t) => {
  const headers = headersOf(
    buildRequest({ ...subscription, secrets: ['s3cret'], signatureSchemes: ['github'] }, content),
  );
  const digest = createHmac('sha256', 's3cret').update(content.payload).digest('hex');
  t.equal(headers['x-hub-signature-256'], `sha256=${digest}`);
});

t.test('the webhook id is the same over all attempts, timestamp and number are not', async (t) => {
  const [first, second] = [1, 2].map((attemptNumber) =>
    headersOf(
      buildRequest(subscription, {
        ...content,
        attemptNumber,
        timestampSeconds: 1_700_000_000 + attemptNumber,
      }),
    ),
  );
  t.equal(first?.['webhook-id'], second?.['webhook-id']);
  t.not(first?.['webhook-timestamp'], second?.['webhook-timestamp']);
  t.not(first?.['webhook-signature'], second?.['webhook-signature']);
  t.strictSame([first?.['x-attempt'], second?.['x-attempt']], ['1', '2']);
});

t.test("the subscription's headers win over the event's, and ours over both", async (t) => {
  const headers = headersOf(
    buildRequest(
      {
        ...subscription,
        headers: { 'X-Both': 'subscription', 'X-Mine': 'a', 'Webhook-Id': 'forged' },
      },
      {
        ...content,
        headers: {
          'x-both': 'event',
          'X-Trace': 'b',
          'X-Event-Type': 'forged',
          'WEBHOOK-SIGNATURE': 'v1,forged',
        },
      },
    ),
  );
  t.match(headers, {
    'x-both': 'subscription',
    'x-mine': 'a',
    'x-trace': 'b',
    'webhook-id': content.eventId,
    'x-event-type': 'order.created',
  });
  t.notMatch(headers['webhook-signature'], 'forged');
  const names = Object.keys(headers);
  t.strictSame(
    names,
    names.map((name) => name.toLowerCase()),
    'so that no name occurs in two cases',
  );
});
