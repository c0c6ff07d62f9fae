import t from 'tap';
import { bearer, keyMaker } from '../helpers/keys.ts';
import { startService } from '../helpers/service.ts';
import { browserIsMissing, keepPicture, openBrowser } from './browser.ts';
import { findingsOf } from './views.ts';

const ROOT = 'root-key-of-the-environment';
const headers = bearer(ROOT);
const TARGET = 'https://receiver.example/hooks';

t.setTimeout(120_000);

t.test('the dashboard says what is so', { skip: browserIsMissing }, async (t) => {
  const service = await startService(t, { hasWorker: false, env: { API_KEYS: ROOT } });
  const { call } = service;
  const { page, complaints, goto } = await openBrowser(t, service.address, { bypassCSP: true });
  const signIn = async (key: string) => {
    await page.goto('/');
    await page.evaluate(`sessionStorage.setItem('posthorn.api-key', ${JSON.stringify(key)})`);
  };
  const subscribe = async (json: object): Promise<string> =>
    (await call('POST', '/subscriptions', { headers, json: { target_url: TARGET, ...json } })).body
      .id;
  await call('POST', '/event-types', { headers, json: { name: 'order.created' } });
  await call('POST', '/event-types', { headers, json: { tenant: 'acme', name: 'acme.paid' } });
  const main = page.locator('main');
  const offered = async () => [
    ...(await main.getByRole('button').allInnerTexts()),
    ...(await main.getByRole('link').allInnerTexts()),
  ];

  await t.test('several states in the address are shown, asked for and kept', async (t) => {
    await signIn(ROOT);
    const asked = page.waitForRequest(/\/deliveries\?.*status=discarded/);
    await goto('/ui/deliveries?status=failed&status=discarded');
    t.same(new URL((await asked).url()).searchParams.getAll('status'), ['failed', 'discarded']);
    const states = page.getByRole('group', { name: 'Status' });
    const pressed = () => states.locator('[aria-pressed="true"]').allInnerTexts();
    t.same(await pressed(), ['Failed', 'Discarded']);
    await page.getByLabel('Reason').selectOption('exhausted');
    await page.waitForURL('**/ui/deliveries?status=failed&status=discarded&reason=exhausted');
    await states.getByRole('button', { name: 'Failed' }).click();
    await page.waitForURL('**/ui/deliveries?reason=exhausted&status=discarded');
    t.same(await pressed(), ['Discarded']);
    await states.getByRole('button', { name: 'All' }).click();
    await page.waitForURL('**/ui/deliveries?reason=exhausted');
    await goto('/ui/deliveries?status=nonsense');
    t.same(await pressed(), ['All']);
    await page.getByText('No delivery matches').waitFor();
  });

  await t.test('a filter that the server refuses is named, without its schema', async (t) => {
    await goto('/ui/live');
    await page.getByLabel('Subscription id').fill('Order fulfilment');
    await main.getByText('subscription id must be an id, as').waitFor();
    t.equal(await page.getByText('The server does not answer').count(), 0);
    t.notMatch(await main.innerText(), /must match/);
  });

  await t.test('the first refused field has the focus and says it plainly', async (t) => {
    await goto('/ui/subscriptions/new');
    await page.getByLabel('Target URL').fill('receiver');
    await page.getByRole('button', { name: 'Create the subscription' }).click();
    await page.locator('.is-invalid', { hasText: 'Target URL' }).waitFor();
    t.equal(await page.evaluate('document.activeElement.type'), 'url');
    t.notMatch(await main.innerText(), /must match format/);
  });

  await t.test('a long address stays short, and its tokens unseen', async (t) => {
    const target = `${TARGET}/${'a'.repeat(300)}?token=hidden-token`;
    const id = await subscribe({ name: 'Long', target_url: target, tenant: 'long' });
    await goto(`/ui/subscriptions/${id}`);
    const heading = page.locator('.page-subtitle');
    await heading.getByText('…?…').waitFor();
    t.ok(Number((await heading.boundingBox())?.height) < 60, 'the heading is one line');
    await goto('/ui/subscriptions?tenant=long');
    t.notMatch(await page.locator('tbody').innerHTML(), 'hidden-token');
  });

  await t.test('what is paused is not said to be open, and no button moves', async (t) => {
    const id = await subscribe({ name: 'Paused' });
    await goto(`/ui/subscriptions/${id}`);
    const replay = main.getByRole('button', { name: 'Replay' });
    const before = (await replay.boundingBox())?.x;
    await main.getByRole('button', { name: 'Pause' }).click();
    await page.getByTestId('state').getByText('Paused').waitFor();
    t.equal((await replay.boundingBox())?.x, before);
    t.notMatch(await page.getByTestId('state').innerText(), 'Open for deliveries');
    t.same(await findingsOf(page), []);
    await keepPicture(page, 'subscription-paused');
  });

  await t.test('rotating asks first, and says what it ends', async (t) => {
    const id = await subscribe({ name: 'Rotated' });
    const secretOf = async () =>
      (await call('GET', `/subscriptions/${id}/secret`, { headers })).body.secret;
    const before = await secretOf();
    await goto(`/ui/subscriptions/${id}`);
    await page.getByRole('button', { name: 'Secret' }).click();
    await page.getByLabel('keep the old secret for').selectOption('no longer: it has leaked');
    await page.getByRole('button', { name: 'Rotate', exact: true }).click();
    await page.getByText('The old secret ends now').waitFor();
    t.same(await findingsOf(page), []);
    await page.getByRole('button', { name: 'Keep it' }).click();
    t.equal(await secretOf(), before);
    await page.getByRole('button', { name: 'Rotate', exact: true }).click();
    await page.getByRole('button', { name: 'Rotate it' }).click();
    await page.getByText('The new secret').waitFor();
    t.not(await secretOf(), before);
  });

  await t.test('on a phone the filters are folded away until they are wanted', async (t) => {
    await page.setViewportSize({ width: 390, height: 844 });
    await goto('/ui/deliveries');
    const bar = page.getByRole('search');
    t.ok(Number((await bar.boundingBox())?.height) < 60);
    t.equal(await page.getByLabel('Reason').isVisible(), false);
    await bar.getByRole('button', { name: 'Filters' }).click();
    await page.getByLabel('Reason').waitFor();
    t.same(await findingsOf(page), []);
    await keepPicture(page, 'filters-phone');
    await page.setViewportSize({ width: 1280, height: 860 });
    t.equal(await bar.getByRole('button', { name: 'Fewer filters' }).isVisible(), false);
  });

  const changing =
    /^(Retry|Cancel|New|Subscribe|Delete|Secret|Edit|Send|Replay|Open…|Publish|Pause$)/;
  const views = ['/ui/subscriptions', '/ui/event-types', '/ui/event-types/order.created'];

  await t.test('a key for reading is shown no button that changes anything', async (t) => {
    const id = await subscribe({ name: 'Read' });
    await signIn(await keyMaker(service)(['read']));
    for (const path of [...views, `/ui/subscriptions/${id}`, '/ui/tenants', '/ui/operations']) {
      await goto(path);
      await page.getByRole('link', { name: 'Publish', exact: true }).waitFor({ state: 'detached' });
      t.same(
        (await offered()).filter((text) => changing.test(text.trim())),
        [],
        path,
      );
    }
  });

  await t.test('a key for publishing is shown how to publish, and no errors', async (t) => {
    await page.evaluate('sessionStorage.clear()');
    await goto('/');
    await page.getByLabel('API key').fill(await keyMaker(service)(['publish']));
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('heading', { name: 'Publish', exact: true }).waitFor();
    t.equal(await main.getByRole('alert').count(), 0);
    t.same(
      await page
        .getByRole('navigation', { name: 'Sections' })
        .getByRole('listitem')
        .allInnerTexts(),
      ['Publish'],
    );
    await main.getByRole('button', { name: 'Publish' }).click();
    await main.getByText('Accepted').waitFor();
    t.equal(await main.getByRole('alert').count(), 0);
  });

  await t.test('the portal shows and offers its own event types, to be read', async (t) => {
    const { body } = await call('POST', '/tenants/acme/portal-session', { headers, json: {} });
    await page.goto('about:blank');
    await goto(body.url);
    await goto('/ui/event-types');
    await page.getByRole('link', { name: 'acme.paid' }).click();
    await page.getByRole('heading', { name: 'acme.paid' }).waitFor();
    await page.getByRole('link', { name: 'Subscribe' }).waitFor();
    t.same(
      (await offered()).filter((text) => /^(New|Edit|Delete|Publish)/.test(text.trim())),
      [],
    );
    t.notMatch(await main.innerText(), /\bTenant\b/);
    await goto('/ui/subscriptions/new');
    await page.getByRole('button', { name: '+ acme.paid' }).waitFor();
    t.equal(await page.getByRole('button', { name: '+ order.created' }).count(), 0);
  });

  t.same(complaints, []);
});
