import t from 'tap';
import { startReceiver } from '../helpers/receiver.ts';
import { startService } from '../helpers/service.ts';
import { browserIsMissing, openBrowser } from './browser.ts';

t.test('forms', { skip: browserIsMissing }, async (t) => {
  const service = await startService(t);
  const receiver = await startReceiver(t);
  const { page, complaints, goto } = await openBrowser(t, service.address);

  await t.test('what the server refuses stands at the field it speaks of', async (t) => {
    await goto('/ui/subscriptions/new');
    await page.getByLabel('Target URL').fill('http://169.254.169.254/latest');
    await page.getByRole('button', { name: 'Create the subscription' }).click();
    const target = page.getByLabel('Target URL');
    await page.getByRole('alert').first().waitFor();
    t.equal(await target.getAttribute('aria-invalid'), 'true');
    const described = String(await target.getAttribute('aria-describedby')).split(' ');
    const errors = page.locator(`[id="${described.find((id) => id.endsWith('-errors'))}"]`);
    t.match(await errors.textContent(), /not public/);

    await target.fill(receiver.url);
    await page.getByLabel('Timeout, ms').fill('soon');
    await page.getByLabel('Event types').fill('order.*\nno such type!');
    await page.getByRole('button', { name: 'Create the subscription' }).click();
    await page.locator('.is-invalid', { hasText: 'Timeout' }).waitFor();
    t.match(await page.locator('.is-invalid', { hasText: 'Event types' }).textContent(), /No\. \d/);
    t.equal(await target.getAttribute('aria-invalid'), null);
  });

  await t.test('editing changes what was changed and nothing else', async (t) => {
    const { id } = await service.subscribe(receiver.url, {
      name: 'Before',
      rate_limit: 7,
      headers: { 'X-Kept': 'yes' },
      metadata: { team: 'a' },
    });
    await goto(`/ui/subscriptions/${id}/edit`);
    await page.getByLabel('Name', { exact: false }).first().fill('After');
    const request = page.waitForRequest((one) => one.method() === 'PATCH');
    await page.getByRole('button', { name: 'Save' }).click();
    t.same((await request).postDataJSON(), { name: 'After' });
    await page.getByRole('heading', { name: 'After' }).waitFor();
  });

  await t.test('pauses, holds, resumes and delivers', async (t) => {
    const { id } = await service.subscribe(`${receiver.url}paused`, {
      name: 'Paused',
      event_types: ['held.*'],
    });
    await goto(`/ui/subscriptions/${id}`);
    await page.getByRole('button', { name: 'Pause' }).click();
    await page.getByText('Events are accepted and held.').waitFor();
    await service.publish({ event_type: 'held.back', payload: 1 });
    await page.getByText('1 waiting').waitFor();
    await page.locator('tbody .badge', { hasText: 'Held' }).waitFor();
    t.notOk(receiver.requests.some(({ url }) => url === '/paused'));
    await page.getByRole('button', { name: 'Resume' }).click();
    await page.locator('tbody .badge', { hasText: 'Delivered' }).waitFor();
    t.ok(receiver.requests.some(({ url }) => url === '/paused'));
  });

  await t.test('rotates a secret and shows the new one', async (t) => {
    const { id, secret } = await service.subscribe(receiver.url, { name: 'Rotating' });
    await goto(`/ui/subscriptions/${id}`);
    await page.getByRole('button', { name: 'Secret' }).click();
    await page.getByRole('button', { name: 'Show' }).click();
    await page.getByTestId('secret').getByText(secret).waitFor();
    await page.getByRole('button', { name: 'Rotate', exact: true }).click();
    await page.getByRole('button', { name: 'Rotate it' }).click();
    await page.getByText('1 previous secret also signs').waitFor();
    const shown = await page.getByTestId('secret').textContent();
    t.match(shown, /^whsec_/);
    t.not(shown, secret);
    await page.keyboard.press('Escape');
  });

  await t.test('deletes only once it has been confirmed', async (t) => {
    const { id } = await service.subscribe(receiver.url, { name: 'Short-lived' });
    await goto(`/ui/subscriptions/${id}`);
    await page.getByRole('button', { name: 'Delete' }).click();
    await page.getByRole('button', { name: 'Keep it' }).click();
    t.equal((await service.call('GET', `/subscriptions/${id}`)).status, 200);
    await page.getByRole('button', { name: 'Delete' }).click();
    await page.getByRole('button', { name: 'Delete it' }).click();
    await page.waitForURL('**/ui/subscriptions');
    await page.getByText('Deleted.').waitFor();
    t.equal((await service.call('GET', `/subscriptions/${id}`)).status, 404);
  });

  await t.test('subscriptions are found by text, status and event type', async (t) => {
    await goto('/ui/subscriptions');
    await page.getByLabel('Search').fill('AFTER');
    await page.waitForURL('**/ui/subscriptions?q=AFTER');
    await page.getByRole('row', { name: /After/ }).waitFor();
    t.equal(await page.locator('tbody tr').count(), 1);
    await page.getByRole('button', { name: 'Disabled' }).click();
    await page.getByText('No subscription matches').waitFor();
    await page.getByRole('button', { name: 'Clear filters' }).first().click();
    await page.waitForURL('**/ui/subscriptions');
  });

  t.same(complaints, []);
});
