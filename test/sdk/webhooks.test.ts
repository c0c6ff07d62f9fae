import { sign } from '@octokit/webhooks-methods';
import { readFileSync } from 'node:fs';
import { Webhook } from 'standardwebhooks';
import t from 'tap';
import { verifyHubSignature, verifyWebhook } from '../../sdk/typescript/src/webhooks.ts';

const SECRET = 'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD';
const BODY = '{"name": "Žofie"}';

type Vector = {
  name: string;
  verify: string;
  secret: string | string[];
  headers: Record<string, string>;
  body: string;
  now?: number;
  expect?: object;
  expect_error?: object;
};
const vectors: Vector[] = JSON.parse(
  readFileSync(new URL('../../sdk/conformance/webhooks.json', import.meta.url), 'utf8'),
);

t.test('what the reference library signs is genuine', async (t) => {
  const at = new Date();
  const signature = new Webhook(SECRET).sign('msg_1', at, BODY);
  const headers = new Headers({
    'webhook-id': 'msg_1',
    'webhook-timestamp': String(Math.floor(at.getTime() / 1_000)),
    'webhook-signature': signature,
    'x-event-type': 'user.created',
  });
  t.match(await verifyWebhook({ secret: SECRET, headers, body: new TextEncoder().encode(BODY) }), {
    id: 'msg_1',
    eventType: 'user.created',
    payload: { name: 'Žofie' },
  });
});

t.test("what Octokit signs as GitHub's is genuine", async (t) => {
  const headers = { 'x-hub-signature-256': await sign(SECRET, BODY) };
  t.same(await verifyHubSignature({ secret: SECRET, headers, body: BODY }), { name: 'Žofie' });
});

t.test('the reference library agrees with the genuine vectors of one usual secret', async (t) => {
  const chosen = vectors.filter(
    ({ verify, secret, expect }) =>
      verify === 'webhook' &&
      expect !== undefined &&
      typeof secret === 'string' &&
      secret.startsWith('whsec_'),
  );
  t.ok(chosen.length > 5);
  for (const { name, secret, headers, body } of chosen) {
    const signed = new Webhook(secret as string);
    const [id, at] = ['webhook-id', 'webhook-timestamp'].map(
      (wanted) =>
        Object.entries(headers).find(([key]) => key.toLowerCase() === wanted)?.[1] as string,
    );
    const expected = signed.sign(id as string, new Date(Number(at) * 1_000), body);
    t.ok(Object.values(headers).join(' ').includes(expected), name);
  }
});

t.test('an empty secret verifies nothing', async (t) => {
  const headers = { 'x-hub-signature-256': `sha256=${'0'.repeat(64)}` };
  for (const secret of ['', [], ['', SECRET]]) {
    await t.rejects(verifyHubSignature({ secret, headers, body: BODY }), RangeError);
  }
});
