import t from 'tap';
import { startReceiver } from '../helpers/receiver.ts';
import { redisIsMissing, startTestRedis } from '../helpers/redis.ts';
import { buildClient, spawnPosthorn, startService, untilWorkers } from '../helpers/service.ts';
import { until } from '../helpers/until.ts';

t.setTimeout(90_000);

/** Two API processes and a worker, traffic through both, and a change of target in the middle. */
async function changeTarget(t: Tap, env: Record<string, string>, onHalf: () => Promise<void>) {
  const service = await startService(t, { hasWorker: false });
  const databaseUrl = service.url;
  const [one, other] = [
    await spawnPosthorn(t, 'api', { databaseUrl, env }),
    await spawnPosthorn(t, 'api', { databaseUrl, env }),
  ];
  await spawnPosthorn(t, 'worker', { databaseUrl, env });
  await untilWorkers(service, 1);
  const [first, second] = [buildClient(t, one.address), buildClient(t, other.address)];
  const [before, after] = [await startReceiver(t), await startReceiver(t)];
  const { id } = await first.subscribe(before.url);

  const sent: string[] = [];
  let isChanged = false;
  const late: string[] = [];
  const traffic = async (client: typeof first) => {
    for (let n = 0; n < 150; n += 1) {
      const isLate = isChanged;
      const { delivery_id: deliveryId } = await client.ingest(id);
      sent.push(deliveryId);
      if (isLate) late.push(deliveryId);
    }
  };
  const running = [traffic(first), traffic(second)];
  await until(() => sent.length > 60);
  await onHalf();
  await first.patch(id, { target_url: after.url });
  isChanged = true;
  const {
    rows: [moment],
  } = await service.pool.query('select clock_timestamp() as at');
  await Promise.all(running);

  await until(() => before.requests.length + after.requests.length >= sent.length, {
    timeoutMs: 20_000,
  });
  const gotBefore = new Set(before.requests.map(({ headers }) => headers['x-delivery-id']));
  t.ok(late.length > 50, `${late.length} events came after the change`);
  t.strictSame(
    late.filter((deliveryId) => gotBefore.has(deliveryId)),
    [],
  );
  const { rows } = await service.pool.query(
    'select count(*)::integer as late from posthorn.attempts where target_url = $1 and started_at > $2',
    [before.url, moment.at],
  );
  t.strictSame(
    rows,
    [{ late: 0 }],
    'no attempt to the old target began after the change was answered',
  );
}

type Tap = Parameters<typeof startService>[0];

t.test('once a change of target is answered, no process delivers to the old one', async (t) => {
  await changeTarget(t, {}, async () => undefined);
});

t.test(
  'nor with Redis, nor when Redis stops in the middle',
  { skip: redisIsMissing },
  async (t) => {
    const redis = await startTestRedis(t);
    await changeTarget(t, { REDIS_URL: redis.url }, async () => undefined);
    await changeTarget(t, { REDIS_URL: redis.url }, () => redis.kill());
  },
);
