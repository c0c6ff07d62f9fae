import t from 'tap';
import { recordAttempts } from '../../src/attempts/attempt-recorder.repository.ts';
import { retentionOf } from '../../src/retention.ts';
import { maintain } from '../../src/retention/retention.service.ts';
import { startReceiver } from '../helpers/receiver.ts';
import { startService } from '../helpers/service.ts';
import { attemptOf, EXHAUSTED, requestOf, useStorage } from '../helpers/storage.ts';

const DAY_MS = 86_400_000;
const PAYLOAD = '{"order":  7}';

t.test(
  'what failed is read, retried and replayed after retention has taken the rest',
  async (t) => {
    const service = await startService(t, { hasWorker: false });
    const { pool, call, subscribe, delivery, attempts, untilDelivery } = service;
    const receiver = await startReceiver(t);
    const { id: subscriptionId } = await subscribe(receiver.url, { event_types: ['order.*'] });
    await pool.query(`select posthorn.ensure_partitions(now() - interval '5 days', now())`);
    const storage = useStorage(pool);
    const accepted = (
      await storage.acceptAll(
        Array.from({ length: 3 }, () => requestOf({}, { payload: PAYLOAD })),
        Date.now() - 4 * DAY_MS,
      )
    ).flat();
    await storage.clearJobs();
    const [failed, other, delivered] = accepted.map(({ deliveryId }) => deliveryId ?? '') as [
      string,
      string,
      string,
    ];
    await recordAttempts(pool, null, [
      ...[failed, other].map((id) => attemptOf(id, { verdict: EXHAUSTED, statusCode: 500 })),
      attemptOf(delivered),
    ]);

    await maintain({
      pool,
      ...retentionOf({ retentionHours: 72, failedRetentionDays: 14, auditRetentionDays: 90 }),
      logger: service.runtime.logger,
    });

    const { event_id: eventId } = await delivery(failed);
    t.match(await call('GET', `/events/${eventId}`), {
      status: 200,
      body: { deliveries: { failed: 1, delivered: 0 } },
    });
    t.equal((await call('GET', `/events/${eventId}/payload`)).text, PAYLOAD);
    t.match(await delivery(failed), { status: 'failed', reason: 'exhausted', attempt_count: 1 });
    t.match(await attempts(failed), [{ attempt_number: 1, status_code: 500 }]);
    const list = await call('GET', '/deliveries?status=failed');
    t.strictSame(list.body.data.map(({ id }: { id: string }) => id).sort(), [failed, other].sort());
    t.equal((await call('GET', `/deliveries/${delivered}`)).status, 404);

    await startService(t, { database: service });
    t.equal((await call('POST', `/deliveries/${failed}/retry`)).status, 202);
    t.match(await untilDelivery(failed, 'delivered'), { attempt_count: 2 });
    const created_after = new Date(Date.now() - 5 * DAY_MS).toISOString();
    t.equal(
      (await call('POST', `/subscriptions/${subscriptionId}/replay`, { json: { created_after } }))
        .status,
      202,
    );
    t.match(await untilDelivery(other, 'delivered'), { attempt_count: 2 });
    t.strictSame(
      receiver.requests.map(({ body }) => String(body)),
      [PAYLOAD, PAYLOAD],
    );
  },
);
