import t from 'tap';
import { runCli } from '../helpers/cli.ts';
import { startReceiver } from '../helpers/receiver.ts';
import { startService } from '../helpers/service.ts';
import { until } from '../helpers/until.ts';

t.test('the command line does what the API can', async (t) => {
  const service = await startService(t, { env: { RETRY_SCHEDULE: 'none' } });
  const receiver = await startReceiver(t);
  const env = { POSTHORN_URL: service.address };
  const cli = (...args: string[]) => runCli(args, { env });

  async function json(...args: string[]): Promise<any> {
    const { code, stdout, stderr } = await cli(...args, '--json');
    if (code !== 0) throw new Error(`${args.join(' ')} ended with ${code}: ${stderr}`);
    t.equal(stderr, '', `${args.join(' ')} --json is quiet`);
    return JSON.parse(stdout);
  }

  const made = await json(
    'subscriptions',
    'create',
    receiver.url,
    '--types',
    'order.*,stock.low',
    '--name',
    'Ware\u001B[2Jhouse',
    '--header',
    'x-a=b=c',
    '--metadata',
    'team=ops',
    '--rate-limit',
    '50',
    '--scheme',
    'github',
    '--data',
    '{"timeout_ms":2000}',
  );
  t.match(made, {
    target_url: receiver.url,
    event_types: ['order.*', 'stock.low'],
    headers: { 'x-a': 'b=c' },
    metadata: { team: 'ops' },
    rate_limit: 50,
    signature_schemes: ['github'],
    timeout_ms: 2000,
    secret: /^whsec_/,
  });
  const id: string = made.id;

  await t.test('subscriptions are listed, shown and changed', async (t) => {
    t.match(await json('subscriptions', 'list'), { data: [{ id }] });
    t.strictSame(await json('subscriptions', 'list', '--status', 'paused'), { data: [] });
    const { stdout } = await cli('subscriptions', 'list');
    t.match(
      stdout,
      new RegExp(
        `^id .*\n${id}  active  default  order\\.\\*,stock\\.low  ${receiver.url}  Ware\\?\\[2Jhouse$`,
        'm',
      ),
    );
    t.notMatch(stdout, '\u001B', 'no colours where it is no terminal, and none of a name');
    t.match(
      (await cli('subscriptions', 'show', id)).stdout,
      new RegExp(`^target +${receiver.url}$`, 'm'),
    );

    t.match(await json('subscriptions', 'update', id, '--name', 'New', '--types', ''), {
      name: 'New',
      event_types: null,
      rate_limit: 50,
    });
    await json('subscriptions', 'update', id, '--types', 'order.*');
    t.match((await cli('subscriptions', 'pause', id)).stdout, `${id} is paused.\n`);
    t.match(await json('subscriptions', 'resume', id), { status: 'active' });
    t.match(await cli('subscriptions', 'update', id), {
      code: 2,
      stderr: /needs something to change/,
    });
  });

  await t.test('a test send tells the answer, and fails where the receiver did', async (t) => {
    t.match(await cli('subscriptions', 'test', id), { code: 0, stdout: /answer +200 in \d+ ms/ });
    receiver.behave(503);
    t.match(await cli('subscriptions', 'test', id, '--json'), {
      code: 1,
      stdout: /"status_code":503/,
    });
    receiver.behave(200);
  });

  await t.test('a rotated secret is printed alone', async (t) => {
    const { stdout } = await cli('subscriptions', 'rotate', id, '--overlap-hours', '0');
    t.match(stdout, /^whsec_\S+\n$/);
    t.not(stdout.trim(), made.secret);
  });

  await t.test(
    'a payload is published byte for byte, from the line, a file and a pipe',
    async (t) => {
      const before = receiver.requests.length;
      const payload = '{ "b": 1.0, "a": "ä\\u0000", "a": 2e1 }';
      const { id: eventId, deliveries } = await json(
        'publish',
        'order.created',
        payload,
        '--idempotency-key',
        'k1',
        '--header',
        'x-trace=7',
      );
      t.equal(deliveries, 1);
      t.equal(
        (
          await json(
            'publish',
            'order.created',
            payload,
            '--idempotency-key',
            'k1',
            '--header',
            'x-trace=7',
          )
        ).id,
        eventId,
      );
      const [request] = (await receiver.received(before + 1)).slice(before);
      t.equal(request?.body.toString(), payload);
      t.equal(request?.headers['x-trace'], '7');
      t.equal((await cli('events', 'payload', eventId)).stdout, payload);
      const piped = await runCli(['publish', 'order.created', '-'], { env, input: payload });
      t.match(piped, { code: 0, stdout: /order\.created  1 delivery/ });
      const file = await json(
        'publish',
        'order.created',
        `@${new URL('../../package.json', import.meta.url).pathname}`,
      );
      t.match(JSON.parse((await cli('events', 'payload', file.id)).stdout), { name: 'posthorn' });
      t.match(await cli('publish', 'order.created', '{'), {
        code: 2,
        stderr: /the payload is not JSON/,
      });
      t.match(await cli('publish', 'order.created', '@/nowhere'), {
        code: 2,
        stderr: /cannot read \/nowhere \(ENOENT\)/,
      });
      t.match(await cli('publish', 'order created'), { code: 2 });
    },
  );

  await t.test('a fixture is published with what is set', async (t) => {
    const { id: eventId } = await json(
      'trigger',
      'order.created',
      '--set',
      'customer.email=ada@example.com',
      '--set',
      'items.0.quantity=3',
    );
    const payload = JSON.parse((await cli('events', 'payload', eventId)).stdout);
    t.match(payload, { customer: { email: 'ada@example.com' }, items: [{ quantity: 3 }] });
    t.match(JSON.parse((await cli('trigger', 'payment.failed', '--print')).stdout), {
      status: 'failed',
    });
    t.match((await cli('trigger')).stdout, /^payment\.failed +A card was declined\.$/m);
    t.ok((await json('trigger')).data.length >= 10);
  });

  await t.test('events and deliveries are looked up', async (t) => {
    const { id: eventId } = await json('publish', 'order.looked_up', '{}');
    const {
      data: [delivery],
    } = await until(async () => {
      const found = await json('deliveries', 'list', '--event', eventId);
      return found.data[0]?.status === 'delivered' && found;
    });
    t.match(await json('events', 'list', '--type', 'order.looked_up', '--since', '1h'), {
      data: [{ id: eventId }],
    });
    t.match(await json('events', 'show', eventId), {
      event: { id: eventId },
      deliveries: [{ attempts: [{ status_code: 200 }] }],
    });
    t.match((await cli('events', 'show', eventId)).stdout, /attempt 1 +\S+ \S+ {2}200 in \d+ ms/);
    t.match(
      (await cli('events', 'list', '--limit', '1')).stdout,
      new RegExp(`${eventId} .*1 delivered$`, 'm'),
    );
    t.match(await json('deliveries', 'show', delivery.id), {
      status: 'delivered',
      attempts: [{ attempt_number: 1 }],
    });
    t.match((await cli('deliveries', 'show', delivery.id)).stdout, /^status +delivered$/m);
    t.match(
      (await cli('deliveries', 'list', '--type', 'order.looked_up')).stdout,
      new RegExp(`^${delivery.id} .* delivered`, 'm'),
    );
    t.match(await cli('deliveries', 'cancel', delivery.id), { code: 1, stderr: /./ });
    t.strictSame(await json('events', 'list', '--type', 'none.such'), { data: [] });
    t.match(await cli('events', 'list', '--since', 'yesterday'), {
      code: 2,
      stderr: /--since takes a time ago/,
    });
  });

  await t.test('a subscription is deleted where it is said or agreed', async (t) => {
    t.match(await cli('subscriptions', 'delete', id), { code: 2, stderr: /needs --yes/ });
    t.match(await cli('subscriptions', 'delete', id, '--yes'), { code: 0, stdout: 'Deleted.\n' });
    t.match(await cli('subscriptions', 'show', id), {
      code: 1,
      stderr: 'There is no such subscription.\n',
    });
  });
});
