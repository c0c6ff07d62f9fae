import t from 'tap';
import { startReceiver } from '../helpers/receiver.ts';
import { until } from '../helpers/until.ts';
import { startService } from '../helpers/service.ts';
import { browserIsMissing, keepPicture, openBrowser } from './browser.ts';

t.test('the catalogue', { skip: browserIsMissing }, async (t) => {
  const service = await startService(t, { hasWorker: false });
  const receiver = await startReceiver(t);
  const { page, complaints, goto } = await openBrowser(t, service.address);
  const schema = JSON.stringify({
    type: 'object',
    required: ['id'],
    properties: { id: { type: 'integer' }, note: { type: 'string' } },
  });

  await t.test('a type is created; what the server refuses stands at its field', async (t) => {
    await goto('/ui/event-types');
    await page.getByText('No event types yet').waitFor();
    await page.getByRole('link', { name: 'New event type' }).click();
    await page.getByLabel('Name').fill('order/created');
    await page.getByLabel('Description').fill('An order was placed.');
    await page.getByLabel('Schema').fill('{"type": "objekt"}');
    await page.getByLabel('Example').fill('{');
    await page.getByRole('button', { name: 'Create the event type' }).click();
    await page.locator('.is-invalid', { hasText: 'Example' }).waitFor();
    await page.getByLabel('Example').fill('{"id": 8123}');
    await page.getByRole('button', { name: 'Create the event type' }).click();
    await page
      .locator('.is-invalid', { hasText: 'Schema' })
      .getByText(/must be one of/)
      .waitFor();
    await page.getByLabel('Schema').fill(schema);
    await page.getByRole('button', { name: 'Are refused' }).click();
    await page.getByRole('button', { name: 'Create the event type' }).click();
    await page.getByRole('heading', { name: 'order/created' }).waitFor();
    await page.getByText('Enforced').waitFor();
    await page.locator('pre', { hasText: '8123' }).waitFor();
    await keepPicture(page, 'event-type');
    t.match((await service.call('GET', '/event-types/order%2Fcreated')).body, {
      enforce: 'reject',
      example: { id: 8123 },
    });
  });

  await t.test('it is listed with its example, and found by text', async () => {
    await goto('/ui/event-types?q=PLACED');
    await page.locator('tbody').getByText('{"id":8123}').waitFor();
    await page.getByRole('link', { name: 'order/created' }).click();
    await page.getByRole('heading', { name: 'order/created' }).waitFor();
  });

  await t.test('publishing fills its example in, and tells what the schema refuses', async () => {
    await page.getByRole('link', { name: 'Publish one' }).click();
    const payload = page.getByLabel('Payload');
    await until(async () => (await payload.inputValue()).includes('8123'));
    await payload.fill('{"id": "8123"}');
    await page.getByRole('button', { name: 'Publish', exact: true }).click();
    await page
      .locator('.is-invalid', { hasText: 'Payload' })
      .getByText('id: must be integer')
      .waitFor();
    await payload.fill('{"id": 1}');
    await page.getByRole('button', { name: 'Publish', exact: true }).click();
    await page.getByText('Accepted').waitFor();
  });

  await t.test('a subscriber is offered it', async (t) => {
    await goto('/ui/subscriptions/new');
    await page.getByLabel('Target URL').fill(receiver.url);
    await page.getByRole('button', { name: '+ order/created' }).click();
    t.equal(await page.getByLabel('Event types').inputValue(), 'order/created');
    t.equal(await page.getByRole('button', { name: '+ order/created' }).count(), 0);
  });

  await t.test('a change that breaks consumers has to be confirmed', async (t) => {
    await goto('/ui/event-types/order%2Fcreated/edit');
    await page.getByLabel('Schema').fill('{"type": "object"}');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('This breaks consumers').waitFor();
    await page.getByLabel('Save it although it breaks consumers.').check();
    await page.getByLabel('Deprecated').check();
    await page.getByLabel('Replaced by').fill('order.placed');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Do not rely on it any longer.').waitFor();
    t.match((await service.call('GET', '/event-types/order%2Fcreated')).body, {
      version: 2,
      deprecated: true,
      replaced_by: 'order.placed',
    });
  });

  await t.test(
    'numbers that doubles cannot hold are saved, shown and edited as written',
    async (t) => {
      const written = async () => (await service.call('GET', '/event-types/big.number')).text;
      await goto('/ui/new-event-type');
      await page.getByLabel('Name').fill('big.number');
      await page
        .getByLabel('Schema')
        .fill('{"type": "object", "properties": {"id": {"maximum": 9223372036854775807}}}');
      await page.getByLabel('Example').fill('{"id": 9007199254740993}');
      await page.getByRole('button', { name: 'Create the event type' }).click();
      await page.locator('pre', { hasText: '9007199254740993' }).waitFor();
      await page.locator('pre', { hasText: '9223372036854775807' }).waitFor();
      t.match(await written(), '"maximum":9223372036854775807');
      t.match(await written(), '"id":9007199254740993');

      await page.getByRole('link', { name: 'Edit' }).click();
      await page.getByLabel('Description').fill('Ids are large.');
      await page.getByRole('button', { name: 'Save' }).click();
      await page.getByText('Ids are large.').waitFor();
      t.match(await written(), '"maximum":9223372036854775807');
      t.match(await written(), '"id":9007199254740993');

      await page.getByRole('link', { name: 'Publish one' }).click();
      const payload = page.getByLabel('Payload');
      await until(async () => (await payload.inputValue()).includes('9007199254740993'));
      await goto('/ui/event-types?q=big');
      await page.locator('tbody').getByText('{"id":9007199254740993}').waitFor();
      await service.call('DELETE', '/event-types/big.number');
      await goto('/ui/event-types/order%2Fcreated');
    },
  );

  await t.test('it is deleted once that is confirmed', async (t) => {
    await page.getByRole('button', { name: 'Delete' }).click();
    await page.getByRole('button', { name: 'Delete it' }).click();
    await page.getByText('No event types yet').waitFor();
    t.equal((await service.call('GET', '/event-types/order%2Fcreated')).status, 404);
  });

  t.same(complaints, []);
});
