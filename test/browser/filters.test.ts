import t from 'tap';
import { startReceiver } from '../helpers/receiver.ts';
import { startService } from '../helpers/service.ts';
import { browserIsMissing, keepPicture, openBrowser } from './browser.ts';

t.setTimeout(90_000);

t.test('filters', { skip: browserIsMissing }, async (t) => {
  const service = await startService(t);
  const receiver = await startReceiver(t);
  await service.publish({ event_type: 'order.created', payload: { order: { total: 49.9 } } });
  const { page, complaints, goto } = await openBrowser(t, service.address);

  await t.test('a filter is written, refused at its field, tried and saved', async (t) => {
    await goto('/ui/subscriptions/new');
    await page.getByLabel('Target URL').fill(receiver.url);
    const filter = page.getByLabel('Filter by content');
    await filter.fill('{"payload": ');
    await page.locator('.is-invalid', { hasText: 'Not JSON yet' }).waitFor();
    await filter.fill('{"payload": {"order.total": {"$above": 100}}}');
    await page.getByRole('button', { name: 'Create the subscription' }).click();
    await page
      .locator('.is-invalid', { hasText: 'payload/order.total/$above: is no operator' })
      .waitFor();
    t.equal(await filter.getAttribute('aria-invalid'), 'true');

    await filter.fill('{"payload": {"order.total": {"$gte": 100}}}');
    await page.getByLabel('A recent event').waitFor();
    await page.getByRole('button', { name: 'Try it on this event' }).click();
    await page.getByText('It would not be delivered').waitFor();
    t.match(
      await page.locator('.result-list').textContent(),
      'payload.order.total $gte 100 49.9, which is smaller',
    );
    await keepPicture(page, 'filter-light');
    await page.getByRole('button', { name: 'Create the subscription' }).click();
    await page.getByRole('link', { name: 'View the subscription' }).click();
    await page.getByRole('region', { name: 'Filter' }).getByText('"order.total"').waitFor();
  });

  await t.test('what it held back is found from there, and says why', async (t) => {
    await service.publish({ event_type: 'order.created', payload: { order: { total: 20 } } });
    await page.getByRole('link', { name: 'Filtered deliveries' }).click();
    await page.locator('tbody a.row-link').first().click();
    await page.getByText('did not match the subscription’s filter').waitFor();
    const verdict = page.getByRole('region', { name: 'The filter' });
    await verdict.getByText('20, which is smaller').waitFor();
    await page.getByRole('button', { name: 'Retry' }).click();
    await page.locator('.verdict', { hasText: 'at the first attempt' }).waitFor();
    t.equal(receiver.requests.length, 1, 'a manual retry passes the filter');
  });

  await t.test('numbers that doubles cannot hold stay as written', async (t) => {
    await goto('/ui/subscriptions/new');
    await page.getByLabel('Target URL').fill(receiver.url);
    await page
      .getByLabel('Filter by content')
      .fill('{"payload": {"id": {"$lt": 9007199254740993}}}');
    await page.getByRole('button', { name: 'Create the subscription' }).click();
    await page.getByRole('link', { name: 'View the subscription' }).click();
    await page.getByRole('region', { name: 'Filter' }).getByText('9007199254740993').waitFor();
    await page.getByRole('link', { name: 'Edit' }).click();
    const filter = page.getByLabel('Filter by content');
    await filter.fill((await filter.inputValue()).replace('$lt', '$lte'));
    await page.getByRole('button', { name: 'Save' }).click();
    const saved = page.getByRole('region', { name: 'Filter' });
    await saved.getByText('$lte').waitFor();
    t.match(await saved.textContent(), '9007199254740993');
  });

  t.same(complaints, []);
});
