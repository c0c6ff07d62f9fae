import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import t from 'tap';
import { startReceiver } from '../helpers/receiver.ts';
import { seedEnded } from '../helpers/replays.ts';
import { startService } from '../helpers/service.ts';
import { until } from '../helpers/until.ts';
import { browserIsMissing, keepPicture, openBrowser } from './browser.ts';

const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

t.setTimeout(120_000);

t.test('replays', { skip: browserIsMissing }, async (t) => {
  const service = await startService(t);
  const receiver = await startReceiver(t);
  const { page, complaints, goto } = await openBrowser(t, service.address, { bypassCSP: true });
  const { id } = await service.subscribe(receiver.url, { name: 'Order fulfilment' });
  await seedEnded(service.pool, { tenant: 'default', subscriptionId: id, count: 200 });

  const examine = async () => {
    await page.evaluate(axe);
    const { violations } = (await page.evaluate('axe.run()')) as {
      violations: { id: string; nodes: { target: string[] }[] }[];
    };
    return violations.map((one) => [one.id, one.nodes.map(({ target }) => target)]);
  };

  await t.test('what would be sent is counted before it is', async (t) => {
    await goto(`/ui/subscriptions/${id}`);
    t.equal(await page.getByRole('heading', { name: 'Replays' }).count(), 0);
    await page.getByRole('button', { name: 'Replay' }).click();
    const dialog = page.getByRole('dialog', { name: 'Replay' });
    t.ok(await dialog.getByLabel('Failed').isChecked());
    t.notOk(await dialog.getByLabel('Delivered').isChecked());
    await dialog.getByLabel('Event types').fill('order.*');
    await dialog.getByLabel('Deliveries a second').fill('soon');
    await dialog.getByRole('button', { name: 'Count first' }).click();
    await dialog.locator('.is-invalid', { hasText: 'Deliveries a second' }).waitFor();
    await dialog.getByLabel('Deliveries a second').fill('20');
    await dialog.getByRole('button', { name: 'Count first' }).click();
    await dialog.getByText('200 are to be sent again.').waitFor();
    t.same(await examine(), []);
    await keepPicture(page, 'replay-dialog');
    t.equal(receiver.requests.length, 0);
  });

  await t.test(
    'its progress is shown as it goes; it is paused, goes on and is cancelled',
    async (t) => {
      await page.getByRole('button', { name: 'Start the replay' }).click();
      const panel = page.getByRole('region', { name: 'Replays' });
      await panel.getByText('Running').waitFor();
      const progress = panel.getByRole('progressbar');
      await until(async () => Number(await progress.getAttribute('value')) > 0);
      await panel.getByRole('button', { name: 'Pause the replay' }).click();
      await panel.getByText('Paused').waitFor();
      t.same(await examine(), []);
      await keepPicture(page, 'replay-paused');
      const paused = Number(await progress.getAttribute('value'));
      t.ok(paused > 0 && paused < 200);
      await panel.getByRole('button', { name: 'Resume' }).click();
      await until(async () => Number(await progress.getAttribute('value')) > paused);
      await panel.getByRole('button', { name: 'Cancel' }).click();
      await panel.getByText('Cancelled').waitFor();
      t.equal(await panel.getByRole('button').count(), 0);
      t.ok(receiver.requests.length < 200);
    },
  );

  await t.test('one that has been delivered is sent once more', async (t) => {
    const { delivery_id: deliveryId } = await service.ingest(id);
    await service.untilDelivery(deliveryId, 'delivered');
    await goto(`/ui/deliveries/${deliveryId}`);
    await page.getByRole('button', { name: 'Replay' }).click();
    await page.getByText('Replayed: it is sent once more.').waitFor();
    await page.getByText('Attempt 2').waitFor();
    t.equal(
      receiver.requests.filter(({ headers }) => headers['x-delivery-id'] === deliveryId).length,
      2,
    );
  });
  t.same(complaints, []);
});
