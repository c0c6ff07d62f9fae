import t from 'tap';
import { browserIsMissing, DEVICES, openBrowser } from './browser.ts';
import { startFilledService } from './views.ts';

t.test('the dashboard', { skip: browserIsMissing }, async (t) => {
  const { service, views } = await startFilledService(t);

  await t.test('is reached with the keyboard, and the focus is never lost', async (t) => {
    const { page, goto } = await openBrowser(t, service.address);
    await goto('/');
    const focused = () => page.evaluate('document.activeElement.textContent') as Promise<string>;
    await page.keyboard.press('Tab');
    t.equal(await focused(), 'Skip to content');
    await page.keyboard.press('Enter');
    t.match(page.url(), /#main$/);

    await goto(views.subscription);
    await page.getByRole('button', { name: 'Send a test' }).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').waitFor();
    t.equal(await focused(), 'Send', 'the dialog has the focus');
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    t.match(await focused(), /Send a test/, 'which goes back to where it was');

    await page.getByRole('link', { name: 'Deliveries', exact: true }).focus();
    await page.keyboard.press('Enter');
    await page.waitForURL('**/ui/deliveries');
    t.equal(await focused(), 'Deliveries', 'a new view has the focus on its heading');
    await page.locator('tbody a.row-link').first().focus();
    await page.keyboard.press('Enter');
    await page.waitForURL('**/ui/deliveries/*');
    await page.goBack();
    await page.getByRole('heading', { name: 'Deliveries' }).waitFor();
  });

  await t.test('keeps the colours that were chosen', async (t) => {
    const { page, goto } = await openBrowser(t, service.address, DEVICES.light);
    const paper = () => page.evaluate('getComputedStyle(document.documentElement).backgroundColor');
    await goto('/');
    const light = await paper();
    await page.getByRole('button', { name: 'Dark' }).click();
    const dark = await paper();
    t.not(dark, light);
    await goto('/ui/events');
    t.equal(await paper(), dark);
  });
});
