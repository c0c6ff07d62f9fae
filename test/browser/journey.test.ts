import t from 'tap';
import { startReceiver } from '../helpers/receiver.ts';
import { startService } from '../helpers/service.ts';
import { browserIsMissing, keepPicture, openBrowser } from './browser.ts';

const API_KEY = 'a-key-for-the-browser-tests';

t.test('a person’s whole path', { skip: browserIsMissing }, async (t) => {
  const service = await startService(t, { env: { API_KEYS: API_KEY } });
  const receiver = await startReceiver(t);
  const { page, complaints, goto } = await openBrowser(t, service.address);

  await t.test('signs in with an API key, which is tried before it is kept', async (t) => {
    await goto('/');
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    await page.getByLabel('API key').fill('not-one-of-the-keys');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('alert').getByText('This key is unknown.').waitFor();
    await page.getByLabel('API key').fill(API_KEY);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByText('Three steps to a first delivery').waitFor();
    t.equal(
      await page.evaluate('localStorage.length + document.cookie.length'),
      0,
      'in the tab alone',
    );
  });

  await t.test('creates a subscription and is shown its secret once', async (t) => {
    await page.getByRole('link', { name: 'I have an endpoint' }).click();
    await page.getByLabel('Target URL').fill(`${receiver.url}hooks`);
    await page.getByLabel('Name').fill('Order fulfilment');
    await page.getByLabel('Event types').fill('order.*, invoice.paid');
    await page.getByRole('button', { name: 'Create the subscription' }).click();
    await page.getByRole('heading', { name: 'Order fulfilment is ready' }).waitFor();
    t.match(await page.getByTestId('secret').textContent(), /^whsec_/);
    await page.getByRole('link', { name: 'View the subscription' }).click();
    await page.getByRole('heading', { name: 'Order fulfilment' }).waitFor();
    t.notMatch(await page.locator('main').textContent(), /whsec_/);
  });

  await t.test('sends a test and sees the answer at once', async (t) => {
    await page.getByRole('button', { name: 'Send a test' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('button', { name: 'Send', exact: true }).click();
    await dialog.getByText('The receiver took it').waitFor();
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    t.equal(receiver.requests.at(-1)?.headers['x-event-type'], 'posthorn.test');
  });

  await t.test('publishes an event, byte for byte, and watches it arrive', async (t) => {
    await page.getByRole('link', { name: 'Publish', exact: true }).click();
    const payload = '{"big": 12345678901234567890,  "twice": 1, "twice": 2}';
    await page.getByLabel('Payload').fill(payload);
    await page.getByRole('button', { name: 'Publish', exact: true }).click();
    await page.getByText('Accepted: 1 delivery').waitFor();
    await page.locator('.notice .badge', { hasText: 'Delivered' }).waitFor();
    t.equal(receiver.requests.at(-1)?.body.toString(), payload);
  });

  await t.test('sees attempts live as they are made', async (t) => {
    await page.getByRole('link', { name: 'Live', exact: true }).click();
    await page.getByText(/Streaming/).waitFor();
    const before = receiver.requests.length;
    await publish(service.address, 'invoice.paid');
    await page.getByRole('link', { name: 'invoice.paid' }).first().waitFor();
    t.ok(receiver.requests.length > before);
  });

  await t.test('breaks the receiver, sees retries, and the failure with its reason', async () => {
    receiver.behave({ status: 500, body: 'out of paper' });
    await publish(service.address, 'order.cancelled');
    await goto('/ui/deliveries?event_type=order.cancelled');
    await page.locator('tbody .badge', { hasText: /Retrying|Failed/ }).waitFor();
    await page.locator('tbody .badge', { hasText: 'Failed' }).waitFor({ timeout: 20_000 });
  });

  await t.test('finds it by filter; the filter is in the address', async (t) => {
    await goto('/ui/deliveries');
    await page
      .getByRole('group', { name: 'Status' })
      .getByRole('button', { name: 'Failed' })
      .click();
    await page.getByLabel('Last answer').selectOption('5xx');
    await page.waitForURL('**/ui/deliveries?status=failed&status_class=5xx');
    await page.getByRole('link', { name: 'order.cancelled' }).click();
    await page.getByText('Every attempt that the retry schedule allows has failed.').waitFor();
    await page.getByText('Attempt 3').waitFor();
    await page.locator('pre:visible', { hasText: 'out of paper' }).waitFor();
    t.equal(await page.locator('.timeline summary.stop-line').count(), 3);
    await keepPicture(page, 'failed-delivery');
  });

  await t.test('fixes the receiver, retries manually, and it arrives', async (t) => {
    receiver.behave(200);
    await page.getByRole('button', { name: 'Retry' }).click();
    await page.getByText('The receiver took it after 4 attempts.').waitFor();
    t.equal(receiver.requests.at(-1)?.headers['x-attempt'], '4');
  });

  await t.test('signs out, and the key is forgotten', async (t) => {
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    t.equal(await page.evaluate('sessionStorage.length'), 0);
  });

  t.same(complaints, []);
});

async function publish(address: string, eventType: string): Promise<void> {
  const response = await fetch(`${address}/events`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${API_KEY}` },
    body: JSON.stringify({ event_type: eventType, payload: { order: 8123 } }),
  });
  if (response.status !== 202) throw new Error(await response.text());
}
