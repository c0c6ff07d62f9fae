import { spawn } from 'node:child_process';
import { once } from 'node:events';
import t from 'tap';
import { runCli, startCli } from '../helpers/cli.ts';
import { startReceiver } from '../helpers/receiver.ts';
import { startService } from '../helpers/service.ts';
import { until } from '../helpers/until.ts';

const KEY = 'a-key-for-the-command-line';

t.test('deliveries are watched and retried', async (t) => {
  const service = await startService(t, { env: { RETRY_SCHEDULE: 'none' } });
  const receiver = await startReceiver(t);
  await service.subscribe(receiver.url, { event_types: ['order.*'] });
  const env = { POSTHORN_URL: service.address };
  const cli = (...args: string[]) => runCli(args, { env });
  const json = async (...args: string[]): Promise<any> =>
    JSON.parse((await cli(...args, '--json')).stdout);

  await t.test('what failed is retried, by id and all at once', async (t) => {
    receiver.behave(500);
    const ids: string[] = [];
    for (let count = 0; count < 3; count += 1) {
      const { id } = await service.publish({ event_type: 'order.failing', payload: {} });
      ids.push(
        await until(async () => {
          const { body } = await service.call('GET', `/deliveries?event_id=${id}&status=failed`);
          return body.data[0]?.id;
        }),
      );
    }
    receiver.behave(200);
    t.match(
      await cli('retry', '--failed', '--type', 'order.failing', '--since', '1h', '--dry-run'),
      { code: 0, stdout: '3 would be tried again.\n' },
    );
    const [first = ''] = ids;
    t.match(await json('retry', first), { id: first, status: 'pending' });
    t.match(await cli('retry', '--failed', '--type', 'order.failing'), {
      code: 0,
      stdout: '2 of 2 are tried again.\n',
    });
    for (const deliveryId of ids) await service.untilDelivery(deliveryId, 'delivered');
    t.match(await cli('retry', first), {
      code: 1,
      stdout: '0 of 1 are tried again.\n',
      stderr: new RegExp(first),
    });
    t.match(await cli('retry', first, '--failed'), { code: 2 });
    t.match(await cli('retry', first, '--since', '1h'), {
      code: 2,
      stderr: /--since goes with --failed/,
    });
  });

  await t.test('all at once, those of an ordering key are retried in their order', async () => {
    const keyed = await startReceiver(t);
    await service.subscribe(keyed.url, { event_types: ['flat.*'] });
    keyed.behave(500);
    const ids: string[] = [];
    for (let n = 0; n < 8; n += 1) {
      const { id } = await service.publish({
        event_type: 'flat.let',
        ordering_key: 'flat-3',
        payload: { n },
      });
      ids.push(id);
    }
    await until(
      async () =>
        (await service.call('GET', '/deliveries?event_type=flat.let&status=failed')).body.data
          .length === 8,
    );
    keyed.behave(200);
    t.match(await cli('retry', '--failed', '--type', 'flat.let', '--since', '1h'), {
      code: 0,
      stdout: '8 of 8 are tried again.\n',
    });
    const again = (await keyed.received(16)).slice(8);
    t.strictSame(
      again.map(({ body }) => JSON.parse(body.toString()).n),
      [0, 1, 2, 3, 4, 5, 6, 7],
    );
  });

  await t.test('attempts are shown as they are made, until it is interrupted', async (t) => {
    const tail = startCli(t, ['tail', '--types', 'order.tail*', '--json'], env);
    const human = startCli(t, ['tail'], env);
    await human.untilLine(/^Watching /);
    await json('publish', 'order.tailed', '{}');
    t.match(JSON.parse(await tail.untilLine(/order\.tailed/)), {
      outcome: 'success',
      event_type: 'order.tailed',
      status_code: 200,
    });
    await human.untilLine(/✓ {2}order\.tailed +200 in \d+ ms/);
    t.equal(await tail.stop(), 0);
    t.equal(await human.stop(), 0);
  });

  await t.test('a reader that has read enough ends the command quietly', async (t) => {
    const child = spawn(
      'bash',
      ['-c', `"${process.execPath}" bin/posthorn.js tail --json | head -n 1`],
      {
        cwd: new URL('../../', import.meta.url),
        env: { PATH: process.env['PATH'], ...env },
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    );
    let stderr = '';
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk));
    child.stdout.resume();
    const closed = once(child, 'close');
    let isClosed = false;
    void closed.then(() => (isClosed = true));
    await until(
      async () => {
        await service.publish({ event_type: 'order.piped', payload: {} });
        return isClosed;
      },
      { timeoutMs: 30_000, what: 'the pipe to end' },
    );
    t.strictSame([(await closed)[0], stderr], [0, '']);
  });
});

t.test('what the API refuses is told with its detail and pointers', async (t) => {
  const { address } = await startService(t, { env: { API_KEYS: KEY }, hasWorker: false });
  const refused = await runCli(['subscriptions', 'list'], { env: { POSTHORN_URL: address } });
  t.match(refused, { code: 1, stdout: '', stderr: /POSTHORN_API_KEY/ });
  const env = { POSTHORN_URL: `${address}/`, POSTHORN_API_KEY: KEY };
  t.match(await runCli(['subscriptions', 'list', '--json'], { env }), {
    code: 0,
    stdout: '{"data":[]}\n',
  });
  t.match(await runCli(['subscriptions', 'list', '--url', address, '--api-key', KEY]), { code: 0 });

  const wrong = await runCli(
    ['subscriptions', 'create', 'ftp://example.com', '--retry-schedule', 'often'],
    { env },
  );
  t.equal(wrong.code, 1);
  t.match(wrong.stderr, /\n {2}\/retry_schedule {2}\S/);
  const machine = await runCli(
    ['subscriptions', 'create', 'http://x.example', '--retry-schedule', 'often', '--json'],
    { env },
  );
  t.match(JSON.parse(machine.stderr), {
    status: 400,
    code: 'invalid_request',
    errors: [{ pointer: '/retry_schedule' }],
  });
});

t.test('a server that is not there, or is another, is told as such', async (t) => {
  const gone = await runCli(['tail', '--url', 'http://127.0.0.1:1']);
  t.match(gone, { code: 1, stderr: /cannot reach http:\/\/127\.0\.0\.1:1: / });
  const receiver = await startReceiver(t, 404);
  t.match(await runCli(['events', 'list', '--url', receiver.url]), {
    code: 1,
    stderr: /answered 404, and not as Posthorn does/,
  });
  t.match(await runCli(['events', 'list', '--url', 'localhost:3000']), {
    code: 2,
    stderr: /take a URL that begins with http/,
  });
  t.match(await runCli(['nonsense', '--json']), {
    code: 2,
    stderr: /^\{"detail":"there is no command nonsense"\}\n$/,
  });
});

t.test('colours go to terminals alone, and not with NO_COLOR', async (t) => {
  const plain = await runCli(['--help']);
  t.notMatch(plain.stdout, '\u001B');
  t.match((await runCli(['--help'], { env: { FORCE_COLOR: '1' } })).stdout, '\u001B[1m');
  t.notMatch((await runCli(['--help'], { env: { NO_COLOR: '1' } })).stdout, '\u001B');
  t.match(await runCli(['--version']), { code: 0, stdout: /^\d+\.\d+\.\d+\n$/ });
});
