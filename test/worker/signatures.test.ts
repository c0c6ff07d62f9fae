import { verify as verifyGithub } from '@octokit/webhooks-methods';
import { Webhook } from 'standardwebhooks';
import { Stripe } from 'stripe';
import t from 'tap';
import { startReceiver, type ReceivedRequest } from '../helpers/receiver.ts';
import { startService } from '../helpers/service.ts';

const COUNT = 1_000;
const BATCH_SIZE = 250;
const STRIPE = new Stripe('sk_test_of_nobody');

type Verifier = (
  request: Pick<ReceivedRequest, 'headers' | 'body'>,
  secret: string,
) => Promise<boolean>;

const holds = async (verify: () => unknown): Promise<boolean> => {
  try {
    return (await verify()) !== false;
  } catch {
    return false;
  }
};

/** As receivers verify: with the packages of those whose schemes they are. */
const VERIFIERS: Record<string, { verify: Verifier; signed: readonly string[] }> = {
  'standard-webhooks': {
    verify: ({ headers, body }, secret) =>
      holds(
        () =>
          void new Webhook(secret).verify(body, headers as Record<string, string>, {
            jsonParse: false,
          }),
      ),
    signed: ['webhook-id', 'webhook-timestamp', 'webhook-signature'],
  },
  github: {
    verify: ({ headers, body }, secret) =>
      holds(() => verifyGithub(secret, body.toString(), String(headers['x-hub-signature-256']))),
    signed: ['x-hub-signature-256'],
  },
  stripe: {
    verify: ({ headers, body }, secret) =>
      holds(
        () =>
          void STRIPE.webhooks.constructEvent(body, String(headers['stripe-signature']), secret),
      ),
    signed: ['stripe-signature'],
  },
};

/** Another character in the place given, so that the same length is received. */
function mutate(text: string, at: number): string {
  const place = at % text.length;
  return text.slice(0, place) + (text[place] === '1' ? '2' : '1') + text.slice(place + 1);
}

/** Copies that differ in one byte of the body or of one header, or are verified with another secret. */
function forgeries({ headers, body }: ReceivedRequest, signed: readonly string[], seed: number) {
  const changed = Buffer.from(body);
  const place = seed % changed.length;
  changed[place] = (changed[place] as number) ^ 1;
  return [
    { headers, body: changed },
    { headers, body: Buffer.concat([body, Buffer.from(' ')]) },
    ...signed.map((name) => {
      const value = String(headers[name]);
      // Past the scheme's prefix, and before the padding whose bits base64 does not read.
      const at = name.endsWith('signature') ? value.length - 4 - (seed % 30) : seed;
      return { headers: { ...headers, [name]: mutate(value, at) }, body };
    }),
  ];
}

t.test(
  `${COUNT} deliveries are verified by third parties, and every forgery of them refused`,
  async (t) => {
    const { subscribe, publish } = await startService(t);
    const receiver = await startReceiver(t);
    const { secret } = await subscribe(receiver.url, { signature_schemes: Object.keys(VERIFIERS) });
    for (let start = 0; start < COUNT; start += BATCH_SIZE) {
      await publish(
        Array.from({ length: BATCH_SIZE }, (_, n) => ({
          event_type: 'order.created',
          payload: { object: 'event', n: start + n, note: 'ö 😀 \u2028 "\\'.repeat(n % 5) },
        })),
      );
    }
    const requests = await receiver.received(COUNT);
    t.equal(new Set(requests.map(({ headers }) => headers['webhook-id'])).size, COUNT);

    for (const [scheme, { verify, signed }] of Object.entries(VERIFIERS)) {
      let verified = 0;
      let forged = 0;
      const wrong: unknown[] = [];
      for (const [index, request] of requests.entries()) {
        if (await verify(request, secret)) verified += 1;
        else wrong.push({ refused: request.headers });
        for (const forgery of forgeries(request, signed, index)) {
          forged += 1;
          if (await verify(forgery, secret)) wrong.push({ accepted: forgery.headers });
        }
        forged += 1;
        if (await verify(request, mutate(secret, 10 + (index % 20)))) wrong.push('another secret');
      }
      t.strictSame(wrong.slice(0, 3), [], scheme);
      t.equal(verified, COUNT, `${scheme}: ${verified} verified, ${forged} forgeries refused`);
    }
  },
);
