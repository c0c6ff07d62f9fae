import t from 'tap';
import { cancelInARace, cancelInOrder, cancelMidway } from '../helpers/cancelling.ts';
import { startReceiver } from '../helpers/receiver.ts';
import { spawnPosthorn, startService, untilWorkers } from '../helpers/service.ts';
import { until } from '../helpers/until.ts';

// Processes start slowly where many tests share a machine.
t.setTimeout(110_000);

t.test('an API knows of attempts in other processes, and does not cancel them', async (t) => {
  const service = await startService(t, { hasWorker: false });
  await spawnPosthorn(t, 'worker', { databaseUrl: service.url });
  await spawnPosthorn(t, 'all', { databaseUrl: service.url });
  await untilWorkers(service, 2);
  await cancelMidway(t, service);
  await cancelInOrder(t, service);
  await cancelInARace(t, service);
});

t.test(
  'a frozen worker may have anything under way: cancelling waits until it is known dead',
  async (t) => {
    const service = await startService(t, { hasWorker: false });
    const worker = await spawnPosthorn(t, 'worker', { databaseUrl: service.url });
    await untilWorkers(service, 1);
    const receiver = await startReceiver(t, 'hang');
    const { id } = await service.subscribe(receiver.url);
    worker.signal('SIGSTOP');
    const { delivery_id: queued } = await service.ingest(id);
    const path = `/deliveries/${queued}/cancel`;
    const refused = await service.call('POST', path);
    t.match(refused, {
      status: 409,
      body: {
        code: 'delivery_not_cancellable',
        detail: 'A worker has not answered whether an attempt is under way. Try again in a second.',
      },
    });
    t.equal(refused.headers.get('retry-after'), '1');
    t.match(await service.delivery(queued), { status: 'pending' });
    await until(async () => (await service.call('POST', path)).status === 200);
    t.match(await service.delivery(queued), { status: 'cancelled', attempt_count: 0 });
  },
);

t.test(
  'what a killed worker had under way is cancelled, though no other worker is there',
  async (t) => {
    const service = await startService(t, { hasWorker: false });
    const worker = await spawnPosthorn(t, 'worker', { databaseUrl: service.url });
    await untilWorkers(service, 1);
    const receiver = await startReceiver(t, 'hang');
    const { id } = await service.subscribe(receiver.url);
    const { delivery_id: leased } = await service.ingest(id);
    await until(
      async () =>
        (
          await service.pool.query(
            'select from posthorn.deliveries where id = $1 and leased_by is not null',
            [leased],
          )
        ).rowCount === 1,
    );
    const { delivery_id: fresh } = await service.ingest(id);
    await receiver.received(2);
    for (const one of [leased, fresh]) {
      t.equal((await service.call('POST', `/deliveries/${one}/cancel`)).status, 409);
    }
    worker.signal('SIGKILL');
    await worker.exited;
    for (const one of [leased, fresh]) {
      await until(
        async () => (await service.call('POST', `/deliveries/${one}/cancel`)).status === 200,
      );
      t.match(await service.delivery(one), { status: 'cancelled', reason: 'cancelled_by_request' });
    }
  },
);
