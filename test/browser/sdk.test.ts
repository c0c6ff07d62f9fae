import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import t, { type Test } from 'tap';
import { build } from 'vite';
import type * as Posthorn from '../../sdk/typescript/src/index.ts';
import { startReceiver } from '../helpers/receiver.ts';
import { startService } from '../helpers/service.ts';
import { browserIsMissing, openBrowser } from './browser.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const KEY = 'a-key-for-the-browser';

/** The client as it is published: JavaScript modules, built by `npm run build:sdk`. */
const directory = t.testdir();
await promisify(execFile)(process.execPath, [
  join(ROOT, 'node_modules/typescript/bin/tsc'),
  '-p',
  join(ROOT, 'sdk/typescript'),
  '--outDir',
  directory,
]);

/** Serves an empty page, and the client's modules as they are. */
async function servePage(t: Test): Promise<string> {
  const server = createServer(async (request, response) => {
    const isModule = /^\/[\w/-]+\.js$/.test(request.url ?? '');
    const text = isModule
      ? await readFile(join(directory, request.url ?? ''), 'utf8')
      : '<!doctype html><h1>Page</h1>';
    response
      .writeHead(200, { 'content-type': isModule ? 'text/javascript' : 'text/html' })
      .end(text);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

t.test('the client works in a page of another origin', { skip: browserIsMissing }, async (t) => {
  const origin = await servePage(t);
  const receiver = await startReceiver(t);
  const { address } = await startService(t, { env: { CORS_ORIGINS: origin, API_KEYS: KEY } });
  const { page, complaints } = await openBrowser(t, origin);
  await page.goto(origin);
  const result = await page.evaluate(
    async ({ address, target, key }) => {
      const modulePath = '/index.js';
      const posthorn = (await import(modulePath)) as typeof Posthorn;
      const client = posthorn.createClient({ baseUrl: address, apiKey: key });
      const subscription = await client.subscriptions.create({ target_url: target });
      const event = await client.events.publish(
        { event_type: 'order.created', payload: { id: 1 } },
        { idempotencyKey: 'from-a-page' },
      );
      const heard: string[] = [];
      // What has been missed comes first, so that it matters not which is earlier.
      const stream = client.operations.openStream(
        {},
        { lastEventId: `${Date.now() - 60_000}-${event.id}-1` },
      );
      for await (const { event: kind, data } of stream) {
        if (kind === 'attempt') heard.push(data.outcome);
        if (kind === 'delivery' && data.status === 'delivered') break;
      }
      const listed: string[] = [];
      for await (const delivery of client.deliveries.iterate({ limit: 1 }))
        listed.push(delivery.status);
      const refused = await client.events
        .get('00000000-0000-7000-8000-000000000000')
        .catch((error) =>
          error instanceof posthorn.ApiError
            ? { code: error.code, hasId: error.requestId !== undefined }
            : error,
        );
      return { secret: subscription.secret, deliveries: event.deliveries, heard, listed, refused };
    },
    { address, target: receiver.url, key: KEY },
  );
  const { secret, ...rest } = result;
  t.same(rest, {
    deliveries: 1,
    heard: ['success'],
    listed: ['delivered'],
    refused: { code: 'event_not_found', hasId: true },
  });
  t.same(complaints, []);

  const [received] = receiver.requests;
  const verified = await page.evaluate(
    async ({ secret, headers, body }) => {
      const modulePath = '/index.js';
      const posthorn = (await import(modulePath)) as typeof Posthorn;
      const { payload } = await posthorn.verifyWebhook({ secret, headers, body });
      const forged = await posthorn
        .verifyWebhook({ secret, headers, body: `${body} ` })
        .catch((error) => error.reason);
      return { payload, forged };
    },
    {
      secret,
      headers: received!.headers as Record<string, string>,
      body: received!.body.toString(),
    },
  );
  t.same(verified, { payload: { id: 1 }, forged: 'invalid_signature' });
});

t.test('a bundle holds what it uses and no more', async (t) => {
  const bundle = async (source: string): Promise<string> => {
    const entry = join(t.testdir({ 'entry.js': source }), 'entry.js');
    const output = (await build({
      configFile: false,
      logLevel: 'silent',
      build: { write: false, lib: { entry, formats: ['es'] } },
      resolve: { alias: { 'posthorn/client': join(ROOT, 'sdk/typescript/src/index.ts') } },
    })) as unknown as { output: { code: string }[] }[];
    return output[0]!.output.map(({ code }) => code).join('');
  };
  const verifier = await bundle(`export { verifyWebhook } from 'posthorn/client';`);
  t.match(verifier, 'webhook-signature');
  t.notMatch(verifier, /retry-after|\/subscriptions/i);
  const events = await bundle(`export { createHttp, events } from 'posthorn/client';`);
  t.match(events, '/events');
  t.notMatch(events, /\/subscriptions|webhook-signature/);
});
