import { once } from 'node:events';
import {
  createServer,
  request,
  type IncomingMessage,
  type RequestListener,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import t, { type Test } from 'tap';
import { COMMANDS } from '../../src/cli/commands.ts';
import { runCli, startCli } from '../helpers/cli.ts';
import { startReceiver } from '../helpers/receiver.ts';
import { startService } from '../helpers/service.ts';

const ID = '019aac0b-49f9-7e02-b3c7-1a9d4e6f8025';

async function startServer(t: Test, listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(
    () =>
      new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
      }),
  );
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const FOREIGN: Readonly<Record<string, (response: ServerResponse) => void>> = {
  'a page of HTML': (response) =>
    response.setHeader('content-type', 'text/html').end('<h1>Log in</h1>'),
  'another object': (response) =>
    response.setHeader('content-type', 'application/json').end('{"login":"required"}'),
  'an empty object': (response) => response.setHeader('content-type', 'application/json').end('{}'),
  null: (response) => response.setHeader('content-type', 'application/json').end('null'),
  'half of an object': (response) =>
    response.setHeader('content-type', 'application/json').end('{"data":['),
  nothing: (response) => response.end(),
  'no content': (response) => response.writeHead(204).end(),
  '404 in plain text': (response) =>
    response.writeHead(404, { 'content-type': 'text/plain' }).end('404 page not found'),
};

/** Arguments with which each command asks the server for something. */
const LINES: Readonly<Record<string, readonly string[]>> = {
  listen: ['--forward-to', 'http://127.0.0.1:9'],
  publish: ['a'],
  trigger: ['order.created'],
  'events show': [ID],
  'events payload': [ID],
  'deliveries show': [ID],
  'deliveries cancel': [ID],
  retry: [ID],
  'replay start': [ID, '--since', '1h'],
  'replay show': [ID],
  'replay watch': [ID],
  'replay pause': [ID],
  'replay resume': [ID],
  'replay cancel': [ID],
  'subscriptions show': [ID],
  'subscriptions create': ['http://x.example'],
  'subscriptions update': [ID, '--name', 'a'],
  'subscriptions pause': [ID],
  'subscriptions resume': [ID],
  'subscriptions delete': [ID, '--yes'],
  'subscriptions test': [ID],
  'subscriptions rotate': [ID],
  'types import': [new URL('../fixtures/catalogue.json', import.meta.url).pathname],
  'types check': [new URL('../fixtures/catalogue.json', import.meta.url).pathname],
};

t.test('no command takes another server for Posthorn', async (t) => {
  let answer: (response: ServerResponse) => void = () => undefined;
  const url = await startServer(t, (_request, response) => answer(response));
  const remote = COMMANDS.filter(({ isRemote }) => isRemote);
  t.ok(remote.length > 20);
  answer = FOREIGN['another object'] as typeof answer;
  for (const { path } of remote) {
    // Any JSON may be a payload.
    if (path === 'events payload') continue;
    const { code, stdout, stderr } = await runCli([...path.split(' '), ...(LINES[path] ?? [])], {
      env: { POSTHORN_URL: url },
    });
    t.strictSame({ code, stdout }, { code: 1, stdout: '' }, `${path}: ${stderr}`);
    t.match(
      stderr,
      /^the server answered 200 with application\/json, and not as Posthorn does; is this its URL\?\n$/m,
      path,
    );
  }
  for (const [what, respond] of Object.entries(FOREIGN)) {
    answer = respond;
    for (const line of [
      ['publish', 'a'],
      ['events', 'list'],
    ]) {
      const { code, stdout, stderr } = await runCli(line, { env: { POSTHORN_URL: url } });
      t.strictSame({ code, stdout }, { code: 1, stdout: '' }, `${what}: ${line.join(' ')}`);
      t.match(stderr, /^the server answered .*, and not as Posthorn does; is this its URL\?\n$/);
    }
  }
});

t.test('listen goes on while something in between answers', async (t) => {
  const service = await startService(t, { hasWorker: false });
  const receiver = await startReceiver(t);
  let between: ((response: ServerResponse) => void) | undefined;
  const url = await startServer(t, (incoming, response) => {
    if (between !== undefined) return between(response);
    passOn(service.address, incoming, response);
  });
  const listen = startCli(t, ['listen', '--forward-to', receiver.url], { POSTHORN_URL: url });
  await listen.untilLine(/Ctrl-C/);
  let count = 0;
  for (const [what, respond] of Object.entries(FOREIGN)) {
    const linesBefore = listen.lines.length;
    between = respond;
    await listen.untilLine(/Trying again/);
    await service.publish([{ event_type: 'a', payload: { what } }]);
    between = undefined;
    await receiver.received(++count);
    t.ok(
      listen.lines.slice(linesBefore).some((line) => line.includes('not as Posthorn does')),
      what,
    );
    listen.lines.length = 0;
  }
  t.equal(await listen.stop(), 0);
});

function passOn(address: string, incoming: IncomingMessage, response: ServerResponse): void {
  const onward = request(
    new URL(incoming.url ?? '/', address),
    {
      method: incoming.method,
      headers: incoming.headers,
    },
    (answer) => {
      response.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(response);
    },
  );
  incoming.pipe(onward);
}

t.test('a proxy of the environment is used, and this machine is reached without', async (t) => {
  const key = 'a-key-for-the-command-line';
  const service = await startService(t, { hasWorker: false, env: { API_KEYS: key } });
  const asked: string[] = [];
  const proxy = await startServer(t, (incoming, response) => {
    asked.push(incoming.url ?? '');
    incoming.url = new URL(incoming.url ?? '/').pathname;
    passOn(service.address, incoming, response);
  });
  const env = { HTTP_PROXY: proxy, POSTHORN_API_KEY: key, POSTHORN_URL: 'http://posthorn.invalid' };
  const through = await runCli(['subscriptions', 'list', '--json'], { env });
  t.match(through, { code: 0, stdout: '{"data":[]}\n' });
  t.ok(asked.length > 0);
  asked.length = 0;
  t.match(
    await runCli(['subscriptions', 'list'], { env: { ...env, POSTHORN_URL: service.address } }),
    { code: 0 },
  );
  t.match(
    await runCli(['subscriptions', 'list'], { env: { ...env, NO_PROXY: 'posthorn.invalid' } }),
    {
      code: 1,
      stderr: /the host name/,
    },
  );
  t.strictSame(asked, []);
});
