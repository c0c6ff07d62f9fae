import t from 'tap';
import { startService } from '../helpers/service.ts';
import { browserIsMissing, DEVICES, keepPicture, openBrowser } from './browser.ts';

t.test('the guides', { skip: browserIsMissing, timeout: 110_000 }, async (t) => {
  const service = await startService(t, { hasWorker: false });

  await t.test('are searched without asking anybody', async (t) => {
    const { page, complaints, goto } = await openBrowser(t, service.address);
    const asked: string[] = [];
    page.on('request', (request) => asked.push(request.url()));
    await goto('/guides');
    await page.keyboard.press('/');
    await page.keyboard.type('retry-after');
    const results = page.locator('.search-results a');
    await results.first().waitFor();
    await keepPicture(page, 'guides-search');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.waitForURL('**/guides/retries*');
    t.ok(asked.every((url) => url.startsWith(service.address)));
    t.same(complaints, [], 'the policy is kept');
  });

  await t.test('are reached with the keyboard', async (t) => {
    const { page, goto } = await openBrowser(t, service.address);
    await goto('/guides/verify');
    await page.keyboard.press('Tab');
    t.equal(await page.evaluate('document.activeElement.textContent'), 'Skip to content');
    await page.keyboard.press('Enter');
    t.equal(await page.evaluate('document.activeElement.id'), 'main');
  });

  await t.test('give code to the clipboard as it is written', async (t) => {
    const { page, goto } = await openBrowser(t, service.address, {
      permissions: ['clipboard-read', 'clipboard-write'],
    });
    await goto('/guides/verify');
    await page
      .locator('.code', { hasText: 'def is_genuine' })
      .getByRole('button', { name: 'Copy' })
      .click();
    await page.getByRole('button', { name: 'Copied' }).waitFor();
    const copied = String(await page.evaluate('navigator.clipboard.readText()'));
    t.match(copied, /^import base64\n.*split\(\)\)\n$/s);
  });

  await t.test('keep the colours that were chosen, here or in the dashboard', async (t) => {
    const { page, goto } = await openBrowser(t, service.address, DEVICES.light);
    const paper = () => page.evaluate('getComputedStyle(document.documentElement).backgroundColor');
    await goto('/guides');
    const light = await paper();
    await page.getByRole('button', { name: 'Dark' }).click();
    const dark = await paper();
    t.not(dark, light);
    await goto('/guides/verify');
    t.equal(await paper(), dark);
    await goto('/');
    t.equal(await paper(), dark);
  });
});
