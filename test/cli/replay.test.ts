import t from 'tap';
import { runCli, startCli } from '../helpers/cli.ts';
import { apiDocument } from '../helpers/contract.ts';
import { startReceiver } from '../helpers/receiver.ts';
import { startService } from '../helpers/service.ts';

const skip = !apiDocument.operations.some((operation) => operation.id === 'replaySubscription');

t.test('a replay is counted, started, watched and ended', { skip }, async (t) => {
  const service = await startService(t, { env: { RETRY_SCHEDULE: 'none' } });
  const receiver = await startReceiver(t, 500);
  const { id } = await service.subscribe(receiver.url, { event_types: ['order.*'] });
  const env = { POSTHORN_URL: service.address };
  const cli = (...args: string[]) => runCli(['replay', ...args], { env });
  const json = async (...args: string[]): Promise<any> =>
    JSON.parse((await cli(...args, '--json')).stdout);
  for (let count = 0; count < 4; count += 1) {
    const { delivery_id: deliveryId } = await service.ingest(id);
    await service.untilDelivery(deliveryId, 'failed');
  }
  receiver.behave(200);

  t.match(await json('start', id, '--since', '1h', '--dry-run'), { total: 4, skipped: 0 });
  t.equal(
    (await cli('start', id, '--since', '1h', '--dry-run')).stdout,
    '4 would be sent again, 0 skipped.\n',
  );
  const { code, stdout } = await cli(
    'start',
    id,
    '--since',
    '1h',
    '--types',
    'order.*',
    '--status',
    'failed',
    '--json',
  );
  t.equal(code, 0);
  const states = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  t.match(states.at(-1), {
    status: 'completed',
    replayed: 4,
    skipped: 0,
    event_types: ['order.*'],
    statuses: ['failed'],
  });
  const replayId: string = states[0].id;
  t.match(await json('show', replayId), { id: replayId, status: 'completed' });
  t.match((await cli('show', replayId)).stdout, /^progress +4 of 4$/m);
  t.match(await json('list', '--status', 'completed'), { data: [{ id: replayId }] });
  t.match((await cli('list')).stdout, new RegExp(`^${replayId} .* completed +4 +4 +4 +0`, 'm'));
  t.match(await cli('watch', replayId), {
    code: 0,
    stdout: /is completed: 4 sent again, 0 skipped/,
  });
  t.match(await cli('cancel', replayId), { code: 1, stderr: /already/ });

  await service.publish(
    Array.from({ length: 100 }, () => ({ event_type: 'order.created', payload: {} })),
  );
  const other = await service.subscribe(receiver.url, { event_types: ['order.*'] });
  const begun = await json(
    'start',
    other.id,
    '--source',
    'events',
    '--rate-limit',
    '1',
    '--detach',
  );
  t.match(begun, { status: 'running', source: 'events' });
  const watch = startCli(t, ['replay', 'watch', begun.id, '--json'], env);
  await watch.untilLine(/running/);
  t.equal(await watch.stop(), 130, 'the watching ends, and the replay does not');
  t.match(await json('pause', begun.id), { status: 'paused' });
  t.match(await cli('watch', begun.id), { code: 1, stdout: /is paused/ });
  t.match(await json('resume', begun.id), { status: 'running' });
  t.match((await cli('cancel', begun.id)).stdout, /is cancelled\.\n$/);
});
