import t from 'tap';
import { startService } from '../helpers/service.ts';
import { until } from '../helpers/until.ts';
import { browserIsMissing, openBrowser } from './browser.ts';

t.test('API keys', { skip: browserIsMissing }, async (t) => {
  const service = await startService(t);
  const { page, complaints, goto } = await openBrowser(t, service.address);

  await t.test('the first one signs the tab in that made it: nobody is locked out', async (t) => {
    await goto('/ui/operations');
    await page.getByRole('button', { name: 'New key' }).click();
    await page.getByText('Creating the first key turns authentication on').waitFor();
    await page.getByLabel('Name').fill('Operator');
    await page.getByRole('button', { name: 'Create the key' }).click();
    await page.getByText('This tab is signed in with it.').waitFor();
    const key = await page.getByTestId('secret').textContent();
    await until(async () => (await service.call('GET', '/subscriptions')).status === 401);
    await page.getByRole('button', { name: 'Done' }).click();
    await page.getByText('Operator').waitFor();
    await goto('/ui/subscriptions');
    await page.getByText('No subscriptions yet').waitFor();
    t.equal(await page.evaluate('sessionStorage.getItem("posthorn.api-key")'), key);
  });

  await t.test('others are made for less, and revoked', async (t) => {
    await goto('/ui/operations');
    await page.getByRole('button', { name: 'New key' }).click();
    await page.getByLabel('Name').fill('Shop');
    await page.getByLabel('Tenant').fill('acme');
    await page.getByRole('button', { name: 'Create the key' }).click();
    const key = String(await page.getByTestId('secret').textContent());
    const publish = async () =>
      (
        await service.post('/events', '{"event_type":"a","payload":1}', {
          authorization: `Bearer ${key}`,
        })
      ).status;
    t.equal(await publish(), 202);
    await page.getByRole('button', { name: 'Done' }).click();
    const shop = page.getByRole('listitem').filter({ hasText: 'Shop' });
    await shop.getByRole('button', { name: 'Revoke' }).click();
    await page.getByRole('button', { name: 'Revoke it' }).click();
    await shop.waitFor({ state: 'detached' });
    t.equal(await publish(), 401);
  });

  t.same(complaints, []);
});
