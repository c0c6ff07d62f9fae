/**
 * Holds the table against the providers' own libraries: each checks a request that we signed and the
 * same one altered, and where it can sign, we check what it signed.
 *
 *   node scripts/sources/official.ts            installs them from npm into a temporary folder
 *   node scripts/sources/official.ts --in DIR   uses a folder that has them
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs, promisify } from 'node:util';

import type { Kind } from '../../src/sources/kind.ts';
import type { SourceRequest } from '../../src/sources/request.ts';
import { readRequest } from '../../src/sources/request.ts';
import { sign } from '../../src/sources/sign.ts';
import {
  inventSecret,
  kindNamed,
  signedSample,
  SOURCE_URL,
  verifyAt,
} from '../../test/helpers/sources.ts';

interface Given {
  headers: Record<string, string>;
  body: string;
  url: string;
  secret: string;
  form: Record<string, string>;
}

interface Case {
  kind: string;
  package: string;
  /** What is imported, when it is not the package's main module. */
  module?: string;
  secret?: string;
  /** Throws or answers false for what it refuses. */
  check?(library: any, given: Given): unknown;
  /** The headers that the library signs a body with. */
  make?(
    library: any,
    secret: string,
    body: string,
  ): Promise<Record<string, string>> | Record<string, string>;
  /** The body that is checked, where the sample of the table is not what the library reads. */
  body?: string;
  /** The sample's form, where the library reads one. */
  form?: Record<string, string>;
}

const now = () => Math.floor(Date.now() / 1_000);

/** What these checks were written for: newer ones move their exports, as Polar's did. */
const VERSIONS: Readonly<Record<string, string>> = {
  stripe: '23.1.0',
  '@octokit/webhooks-methods': '6.0.0',
  standardwebhooks: '1.1.1',
  svix: '1.99.1',
  openai: '6.49.0',
  resend: '6.38.0',
  twilio: '6.3.1',
  '@slack/bolt': '5.1.0',
  square: '46.0.0',
  '@paddle/paddle-node-sdk': '3.10.0',
  '@shopify/shopify-api': '13.1.0',
  razorpay: '2.9.8',
  '@linear/sdk': '98.0.0',
  '@line/bot-sdk': '11.0.0',
  'discord-interactions': '4.4.0',
  '@adyen/api-library': '32.1.0',
  'livekit-server-sdk': '2.19.2',
  '@upstash/qstash': '2.12.0',
  plivo: '4.79.0',
  '@hubspot/api-client': '13.5.0',
  '@contentful/node-apps-toolkit': '3.16.1',
  '@sanity/webhook': '4.0.4',
  '@sendgrid/eventwebhook': '8.0.0',
  '@notionhq/client': '5.26.0',
  'gocardless-nodejs': '10.1.2',
  '@polar-sh/sdk': '0.49.0',
  braintree: '3.40.0',
};

const CASES: Case[] = [
  {
    kind: 'stripe',
    package: 'stripe',
    check: (lib, { headers, body, secret }) =>
      lib.default.webhooks.constructEvent(body, headers['stripe-signature'], secret),
    make: (lib, secret, payload) => ({
      'stripe-signature': lib.default.webhooks.generateTestHeaderString({ payload, secret }),
    }),
  },
  {
    kind: 'github',
    package: '@octokit/webhooks-methods',
    check: (lib, { headers, body, secret }) =>
      lib.verify(secret, body, headers['x-hub-signature-256']),
    make: async (lib, secret, body) => ({ 'x-hub-signature-256': await lib.sign(secret, body) }),
  },
  {
    kind: 'standard-webhooks',
    package: 'standardwebhooks',
    check: (lib, { headers, body, secret }) => new lib.Webhook(secret).verify(body, headers),
    make: (lib, secret, body) => ({
      'webhook-id': 'msg_1',
      'webhook-timestamp': String(now()),
      'webhook-signature': new lib.Webhook(secret).sign('msg_1', new Date(), body),
    }),
  },
  {
    kind: 'svix',
    package: 'svix',
    check: (lib, { headers, body, secret }) => new lib.Webhook(secret).verify(body, headers),
    make: (lib, secret, body) => ({
      'svix-id': 'msg_1',
      'svix-timestamp': String(now()),
      'svix-signature': new lib.Webhook(secret).sign('msg_1', new Date(), body),
    }),
  },
  {
    kind: 'openai',
    package: 'openai',
    check: (lib, { headers, body, secret }) =>
      new lib.default({ apiKey: 'x', webhookSecret: secret }).webhooks.unwrap(body, headers),
  },
  {
    kind: 'resend',
    package: 'resend',
    check: (lib, { headers, body, secret }) =>
      new lib.Resend('re_x').webhooks.verify({
        payload: body,
        headers: {
          id: headers['svix-id'],
          timestamp: headers['svix-timestamp'],
          signature: headers['svix-signature'],
        },
        webhookSecret: secret,
      }),
  },
  {
    kind: 'twilio',
    package: 'twilio',
    check: (lib, { headers, url, form, secret }) =>
      lib.default.validateRequest(secret, headers['x-twilio-signature'], url, form),
  },
  {
    kind: 'twilio-json',
    package: 'twilio',
    check: (lib, { headers, url, body, secret }) =>
      lib.default.validateRequestWithBody(secret, headers['x-twilio-signature'], url, body),
  },
  {
    kind: 'slack',
    package: '@slack/bolt',
    check: (lib, { headers, body, secret }) => {
      const verifySlackRequest = lib.verifySlackRequest ?? lib.default.verifySlackRequest;
      verifySlackRequest({
        signingSecret: secret,
        body,
        headers: {
          'x-slack-signature': headers['x-slack-signature'],
          'x-slack-request-timestamp': Number(headers['x-slack-request-timestamp']),
        },
      });
    },
  },
  {
    kind: 'square',
    package: 'square',
    check: (lib, { headers, body, url, secret }) =>
      lib.WebhooksHelper.verifySignature({
        requestBody: body,
        signatureHeader: headers['x-square-hmacsha256-signature'],
        signatureKey: secret,
        notificationUrl: url,
      }),
  },
  {
    kind: 'paddle',
    package: '@paddle/paddle-node-sdk',
    check: (lib, { headers, body, secret }) =>
      new lib.Paddle('x').webhooks.isSignatureValid(body, secret, headers['paddle-signature']),
  },
  {
    kind: 'shopify',
    package: '@shopify/shopify-api',
    check: async (lib, { headers, body, secret }) => {
      const shopify = lib.shopifyApi({
        apiKey: 'key',
        apiSecretKey: secret,
        hostName: 'example.com',
        apiVersion: lib.LATEST_API_VERSION ?? lib.ApiVersion.July26,
        isEmbeddedApp: false,
        logger: { log: () => undefined },
      });
      const rawRequest = {
        method: 'POST',
        url: '/',
        headers: {
          'X-Shopify-Api-Version': '2026-07',
          'X-Shopify-Shop-Domain': 'invented.myshopify.com',
          'X-Shopify-Webhook-Id': 'w',
          ...headers,
        },
      };
      const { valid } = await shopify.webhooks.validate({
        rawBody: body,
        rawRequest,
        rawResponse: {},
      });
      return valid;
    },
  },
  {
    kind: 'razorpay',
    package: 'razorpay',
    check: (lib, { headers, body, secret }) =>
      lib.default.validateWebhookSignature(body, headers['x-razorpay-signature'], secret),
  },
  {
    kind: 'linear',
    package: '@linear/sdk',
    module: '@linear/sdk/webhooks',
    check: (lib, { headers, body, secret }) =>
      new lib.LinearWebhookClient(secret).verify(
        Buffer.from(body),
        headers['linear-signature'],
        JSON.parse(body).webhookTimestamp,
      ),
  },
  {
    kind: 'line',
    package: '@line/bot-sdk',
    check: (lib, { headers, body, secret }) =>
      lib.validateSignature(body, secret, headers['x-line-signature']),
  },
  {
    kind: 'discord',
    package: 'discord-interactions',
    check: (lib, { headers, body, secret }) =>
      lib.verifyKey(body, headers['x-signature-ed25519'], headers['x-signature-timestamp'], secret),
  },
  {
    kind: 'adyen-payments',
    package: '@adyen/api-library',
    check: (lib, { body, secret }) => {
      const validator = new (lib.hmacValidator ?? lib.default.hmacValidator)();
      const [item] = JSON.parse(body).notificationItems;
      return validator.validateHMAC(item.NotificationRequestItem, secret);
    },
    body: JSON.stringify({
      notificationItems: [
        {
          NotificationRequestItem: {
            pspReference: 'PSP1',
            originalReference: '',
            merchantAccountCode: 'Invented',
            merchantReference: 'ref',
            amount: { value: 1130, currency: 'EUR' },
            eventCode: 'AUTHORISATION',
            success: 'true',
          },
        },
      ],
    }),
  },
  {
    kind: 'livekit',
    package: 'livekit-server-sdk',
    secret: 'a-secret-of-more-than-thirty-two-characters',
    // Its issuer is an API key, which our sample has none of: it signs, and we check.
    make: async (lib, secret, body) => {
      const token = new lib.AccessToken('key', secret);
      token.sha256 = createHash('sha256').update(body).digest('base64');
      return { authorization: await token.toJwt() };
    },
  },
  {
    kind: 'qstash',
    package: '@upstash/qstash',
    check: (lib, { headers, body, url, secret }) =>
      new lib.Receiver({ currentSigningKey: secret, nextSigningKey: 'other' }).verify({
        signature: headers['upstash-signature'],
        body,
        url,
      }),
  },
  {
    kind: 'plivo',
    package: 'plivo',
    check: (lib, { headers, url, form, secret }) =>
      (lib.validateV3Signature ?? lib.default.validateV3Signature)(
        'POST',
        url,
        headers['x-plivo-signature-v3-nonce'],
        secret,
        headers['x-plivo-signature-v3'],
        form,
      ),
  },
  {
    kind: 'hubspot',
    package: '@hubspot/api-client',
    check: (lib, { headers, body, url, secret }) =>
      (lib.Signature ?? lib.default.Signature).isValid({
        signatureVersion: 'v3',
        signature: headers['x-hubspot-signature-v3'],
        method: 'POST',
        clientSecret: secret,
        requestBody: body,
        url,
        timestamp: Number(headers['x-hubspot-request-timestamp']),
      }),
  },
  {
    kind: 'contentful',
    package: '@contentful/node-apps-toolkit',
    secret: 'ab'.repeat(32),
    check: (lib, { headers, body, url, secret }) =>
      lib.verifyRequest(secret, { method: 'POST', path: new URL(url).pathname, headers, body }),
  },
  {
    kind: 'sanity',
    package: '@sanity/webhook',
    check: (lib, { headers, body, secret }) =>
      lib.isValidSignature(body, headers['sanity-webhook-signature'], secret),
    make: async (lib, secret, body) => ({
      'sanity-webhook-signature': await lib.encodeSignatureHeader(body, Date.now(), secret),
    }),
  },
  {
    kind: 'sendgrid',
    package: '@sendgrid/eventwebhook',
    check: (lib, { headers, body, secret }) => {
      const webhook = new (lib.EventWebhook ?? lib.default.EventWebhook)();
      return webhook.verifySignature(
        webhook.convertPublicKeyToECDSA(secret),
        body,
        headers['x-twilio-email-event-webhook-signature'],
        headers['x-twilio-email-event-webhook-timestamp'],
      );
    },
  },
  {
    kind: 'notion',
    package: '@notionhq/client',
    check: (lib, { headers, body, secret }) =>
      lib.verifyWebhookSignature({
        body,
        signature: headers['x-notion-signature'],
        verificationToken: secret,
      }),
  },
  {
    kind: 'gocardless',
    package: 'gocardless-nodejs',
    module: 'gocardless-nodejs/webhooks',
    check: (lib, { headers, body, secret }) =>
      lib.verifySignature(body, secret, headers['webhook-signature']),
  },
  {
    kind: 'polar',
    package: '@polar-sh/sdk',
    module: '@polar-sh/sdk/webhooks',
    check: (lib, { headers, body, secret }) => {
      try {
        lib.validateEvent(body, headers, secret);
      } catch (error) {
        // Its own types are asked of the sample, once the signature is right.
        if (error instanceof lib.WebhookVerificationError) throw error;
      }
    },
  },
  {
    kind: 'braintree',
    package: 'braintree',
    check: (lib, { form, secret }) => {
      const gateway = new lib.default.BraintreeGateway({
        environment: lib.default.Environment.Sandbox,
        merchantId: 'm',
        publicKey: 'sample',
        privateKey: secret,
      });
      return gateway.webhookNotification.parse(form['bt_signature'], form['bt_payload']);
    },
    form: {
      bt_payload: Buffer.from(
        '<notification><timestamp type="datetime">2026-11-27T15:50:48Z</timestamp><kind>check</kind>' +
          '<subject><check type="boolean">true</check></subject></notification>',
      ).toString('base64'),
    },
  },
];

async function installed(dir: string | undefined): Promise<{ dir: string; isOurs: boolean }> {
  if (dir !== undefined) return { dir, isOurs: false };
  const folder = await mkdtemp(join(tmpdir(), 'source-libraries-'));
  const names = [...new Set(CASES.map((each) => each.package))];
  const packages = names.map((name) => `${name}@${VERSIONS[name]}`);
  await writeFile(join(folder, 'package.json'), '{"private":true}');
  const options = ['--no-audit', '--no-fund', '--ignore-scripts'];
  await promisify(execFile)('npm', ['install', ...options, ...packages], { cwd: folder });
  return { dir: folder, isOurs: true };
}

async function accepts(check: () => unknown): Promise<boolean> {
  try {
    return (await check()) !== false;
  } catch {
    return false;
  }
}

function givenOf(request: SourceRequest, secret: string): Given {
  const headers: Record<string, string> = {};
  for (let index = 0; index < request.headers.length; index += 2) {
    headers[request.headers[index] ?? ''] = request.headers[index + 1] ?? '';
  }
  const form: Record<string, string> = {};
  for (const [name, values] of readRequest(request).form()) form[name] = values[0] ?? '';
  return { headers, body: request.body.toString(), url: request.url, secret, form };
}

/** A letter in the middle of what is signed. */
function altered(request: SourceRequest): SourceRequest {
  const text = request.body.toString();
  const isForm = !/^[[{]/.test(text);
  const body = isForm ? text.replace(/.(?=$|&)/g, 'X') : text.replace(/([a-z])([a-z])/, '$2$1Z');
  return { ...request, body: Buffer.from(body) };
}

function sampleOf(each: Case, kind: Kind, signing: string): SourceRequest {
  const text = each.form === undefined ? each.body : new URLSearchParams(each.form).toString();
  if (text === undefined) return signedSample(kind, signing, Date.now());
  const type = each.form === undefined ? 'application/json' : 'application/x-www-form-urlencoded';
  const request = {
    method: 'POST',
    url: SOURCE_URL,
    headers: ['content-type', type],
    body: Buffer.from(text),
  };
  const signed = sign({ kind, secret: signing, request, nowMs: Date.now(), parameters: {} });
  if (signed === undefined) throw new Error(`${kind.name} cannot be signed`);
  return signed;
}

async function problemsOf(each: Case, library: unknown): Promise<string[]> {
  const kind = kindNamed(each.kind);
  const pair = inventSecret(kind);
  const { secret, signing } =
    each.secret === undefined ? pair : { secret: each.secret, signing: each.secret };
  const { check, make } = each;
  const problems: string[] = [];
  if (check !== undefined) {
    const request = sampleOf(each, kind, signing);
    if (!(await accepts(() => check(library, givenOf(request, secret))))) {
      problems.push('refuses what we signed');
    }
    if (await accepts(() => check(library, givenOf(altered(request), secret)))) {
      problems.push('accepts what was altered');
    }
  }
  if (make !== undefined) {
    const body = '{"id":"made","type":"by.library","text":"é"}';
    const made = await make(library, secret, body);
    const headers = ['content-type', 'application/json', ...Object.entries(made).flat()];
    const theirs = { method: 'POST', url: SOURCE_URL, headers, body: Buffer.from(body) };
    const verdict = await verifyAt(kind, theirs, [secret], { nowMs: Date.now() });
    if (verdict.outcome !== 'verified') problems.push(`${verdict.outcome} what it signed`);
    const changed = { ...theirs, body: Buffer.from(body.replace('made', 'mabe')) };
    const after = await verifyAt(kind, changed, [secret], { nowMs: Date.now() });
    if (after.outcome !== 'refused') problems.push('its signature, altered, is verified');
  }
  return problems;
}

const { values } = parseArgs({ options: { in: { type: 'string' } } });
const { dir, isOurs } = await installed(values.in);
const loader = join(dir, 'load.mjs');
let failed = 0;
try {
  await writeFile(loader, 'export const load = (name) => import(name);\n');
  const { load } = await import(pathToFileURL(loader).href);
  for (const each of CASES) {
    const manifest = await readFile(
      join(dir, 'node_modules', each.package, 'package.json'),
      'utf8',
    );
    const name = `${each.package} ${JSON.parse(manifest).version}`;
    if (each.package === '@shopify/shopify-api') await load('@shopify/shopify-api/adapters/node');
    const problems = await problemsOf(each, await load(each.module ?? each.package));
    const ways = [...(each.check ? ['checks ours'] : []), ...(each.make ? ['we check its'] : [])];
    const said = (problems.length === 0 ? ways : problems).join(', ');
    process.stdout.write(
      `${problems.length === 0 ? 'ok' : 'NOT OK'} ${each.kind}: ${name} ${said}\n`,
    );
    if (problems.length > 0) failed += 1;
  }
} finally {
  if (isOurs) await rm(dir, { recursive: true, force: true });
}
process.stdout.write(
  `${CASES.length - failed} of ${CASES.length} libraries agree with the table\n`,
);
process.exitCode = failed === 0 ? 0 : 1;
