import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Frame, Page } from 'playwright-core';
import t, { type Test } from 'tap';
import { bearer, keyMaker } from '../helpers/keys.ts';
import { startReceiver } from '../helpers/receiver.ts';
import { startService } from '../helpers/service.ts';
import { until } from '../helpers/until.ts';
import { browserIsMissing, keepPicture, openBrowser } from './browser.ts';
import { findingsOf } from './views.ts';

const ROOT = 'root-key-of-the-environment';
const headers = bearer(ROOT);

/** A page of somebody's product, on a host of its own: to a browser, another site altogether. */
async function startProduct(t: Test): Promise<{ origin: string; show(url: string): void }> {
  let shown = '';
  const server = createServer((_request, response) => {
    response.setHeader('content-type', 'text/html');
    response.end(`<!doctype html><title>Product</title><h1>Webhooks</h1>
      <script>addEventListener('message', ({ data }) => { document.title = data.type; });</script>
      <iframe title="Webhooks" src="${shown}" style="width: 900px; height: 700px"></iframe>`);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  const { port } = server.address() as AddressInfo;
  return { origin: `http://localhost:${port}`, show: (url) => void (shown = url) };
}

/** Two tenants with a subscription each that works, and one that has failed. */
async function startFilled(t: Test, env: Record<string, string> = {}) {
  const service = await startService(t, {
    env: { API_KEYS: ROOT, RETRY_SCHEDULE: 'none', ...env },
  });
  const { call } = service;
  const receiver = await startReceiver(t, {
    byRequest: ({ url }) => (url === '/broken' ? { status: 500, body: 'out of paper' } : 200),
  });
  for (const tenant of ['acme', 'other']) {
    for (const [name, path] of [
      ['fulfilment', 'hooks'],
      ['billing', 'broken'],
    ]) {
      await call('POST', '/subscriptions', {
        headers,
        json: { tenant, name: `${tenant} ${name}`, target_url: receiver.url + path },
      });
    }
    await call('POST', '/events', {
      headers,
      json: { tenant, event_type: `${tenant}.created`, payload: { of: tenant } },
    });
  }
  await until(async () => {
    const { body } = await call('GET', '/deliveries', { headers });
    return body.data.every(({ completed_at: at }: { completed_at: string | null }) => at !== null);
  });
  const portal = async (json: object = {}) =>
    (await call('POST', '/tenants/acme/portal-session', { headers, json })).body;
  return { service, receiver, portal };
}

const sections = (page: Page | Frame): Promise<string[]> =>
  page.getByRole('navigation', { name: 'Sections' }).getByRole('listitem').allInnerTexts();

t.test('a portal link', { skip: browserIsMissing }, async (t) => {
  const { service, receiver, portal } = await startFilled(t);
  const { call, pool } = service;
  const { page, complaints, goto } = await openBrowser(t, service.address, { bypassCSP: true });
  const { url } = await portal();

  await t.test(
    'opens the dashboard of one tenant, and leaves no trace in the address',
    async (t) => {
      await goto(url);
      t.equal(page.url(), `${service.address}/`);
      t.equal(await page.evaluate('location.href.includes("phs_")'), false);
      t.strictSame(await sections(page), [
        'Overview',
        'Subscriptions',
        'Events',
        'Event types',
        'Deliveries',
        'Live',
      ]);
      await page.getByText('acme billing').first().waitFor();
      t.equal(await page.getByText('other').count(), 0);
      await page.reload();
      await page.getByText('acme billing').first().waitFor();
    },
  );

  const { body: deliveries } = await call('GET', '/deliveries?tenant=acme&status=failed', {
    headers,
  });
  const [failed] = deliveries.data;
  const views = {
    overview: '/',
    subscriptions: '/ui/subscriptions',
    subscription: `/ui/subscriptions/${failed.subscription_id}`,
    'new-subscription': '/ui/subscriptions/new',
    events: '/ui/events',
    event: `/ui/events/${failed.event_id}`,
    deliveries: '/ui/deliveries',
    delivery: `/ui/deliveries/${failed.id}`,
    live: '/ui/live',
  };
  for (const [name, path] of Object.entries(views)) {
    await t.test(`shows ${name} without what is the operator's; axe finds nothing`, async (t) => {
      await goto(path);
      await page.waitForTimeout(300);
      t.strictSame(await findingsOf(page), []);
      const text = await page.locator('body').innerText();
      t.notMatch(text, /Publish|\bTenant\b|Operations|\bother\b|Ingest|Signatures on ingest/i);
      if (name === 'new-subscription') t.notMatch(text, /Retry schedule/);
      await keepPicture(page, `portal-${name}`);
    });
  }

  await t.test('has no views for operators', async () => {
    for (const path of ['/ui/operations', '/ui/tenants', '/ui/publish']) {
      await page.goto(path);
      await page.getByRole('heading', { name: /nothing here|not found/i }).waitFor();
    }
  });

  await t.test('lets a subscriber subscribe, test and retry', async (t) => {
    await goto('/ui/subscriptions/new');
    await page.getByLabel('Target URL').fill(`${receiver.url}new`);
    await page.getByLabel('Name').fill('Ours');
    await page.getByRole('button', { name: 'Create the subscription' }).click();
    await page.getByText('Its signing secret').waitFor();
    const { body } = await call('GET', '/subscriptions?q=Ours', { headers });
    t.match(body.data, [{ tenant: 'acme', ingest_signature: 'off' }]);
    await page.getByRole('link', { name: 'View the subscription' }).click();
    await page.getByRole('button', { name: 'Send a test' }).click();
    await page.getByRole('button', { name: 'Send', exact: true }).click();
    await page.getByText('The receiver took it').waitFor();
    await goto(views.delivery);
    await page.getByRole('button', { name: 'Retry' }).click();
    await until(
      async () =>
        (await call('GET', `/deliveries/${failed.id}`, { headers })).body.attempt_count === 2,
    );
  });

  await t.test('says when it ends, and that it has', async (t) => {
    const { id, token, url } = await portal();
    await pool.query(
      `update posthorn.portal_sessions set expires_at = now() + interval '10 s' where id = $1`,
      [id],
    );
    await page.goto(url);
    await page.getByText('This session ends within 1 minute').waitFor();
    t.strictSame(await findingsOf(page), []);
    await page
      .getByRole('heading', { name: 'This session has ended' })
      .waitFor({ timeout: 15_000 });
    t.strictSame(await findingsOf(page), []);
    t.equal(await page.getByLabel('API key').count(), 0, 'a subscriber has no key');
    t.equal((await call('GET', '/events', { headers: bearer(token) })).status, 401);
  });

  await t.test('another one opens where the first has ended, without loading anew', async (t) => {
    await page.evaluate('window.isSamePage = true');
    await page.goto((await portal({ read_only: true })).url);
    await page.getByRole('heading', { name: 'Overview' }).waitFor();
    t.equal(await page.evaluate('window.isSamePage'), true);
    t.equal(page.url(), `${service.address}/`);
  });

  await t.test('to look only shows no button that changes anything', async (t) => {
    for (const path of Object.values(views)) {
      if (path === views['new-subscription']) continue;
      await goto(path);
      const buttons = await page.locator('main').getByRole('button').allInnerTexts();
      const links = await page.locator('main').getByRole('link').allInnerTexts();
      const changing = /^(Retry|Cancel|New|Subscribe|Delete|Secret|Edit|Send|Resume)\b|^Pause$/;
      t.strictSame(
        [...buttons, ...links].filter((text) => path !== '/ui/live' && changing.test(text.trim())),
        [],
        path,
      );
    }
  });

  t.same(complaints, []);
});

t.test('within another page', { skip: browserIsMissing }, async (t) => {
  const allowed = await startProduct(t);
  const refused = await startProduct(t);
  const { service, portal } = await startFilled(t, { PORTAL_ALLOWED_ORIGINS: allowed.origin });
  const { page, complaints } = await openBrowser(t, service.address);
  // Browsers that keep third parties from storing anything throw at the mere name.
  await page.addInitScript(`if (window.top !== window) for (const name of ['sessionStorage', 'localStorage']) {
    Object.defineProperty(window, name, { get() { throw new DOMException('no', 'SecurityError'); } });
  }`);
  const frameOf = async (): Promise<Frame> => {
    const frame = await (await page.waitForSelector('iframe')).contentFrame();
    if (frame === null) throw new Error('the frame has no content');
    return frame;
  };

  await t.test(
    'of an origin that is named the portal works, with nowhere to store anything',
    async (t) => {
      const { url, id } = await portal();
      allowed.show(url);
      await page.goto(allowed.origin);
      const frame = await frameOf();
      t.strictSame(await sections(frame), [
        'Overview',
        'Subscriptions',
        'Events',
        'Event types',
        'Deliveries',
        'Live',
      ]);
      await frame.getByRole('link', { name: 'Deliveries', exact: true }).click();
      await frame.getByText('acme.created').first().waitFor();
      t.equal(
        await frame.evaluate(
          '(() => { try { return sessionStorage; } catch { return "none"; } })()',
        ),
        'none',
      );
      await keepPicture(page, 'portal-embedded');

      await service.call('DELETE', `/portal-sessions/${id}`, { headers });
      await frame.getByRole('heading', { name: 'This session has ended' }).waitFor();
      t.equal(await page.title(), 'posthorn.portal.ended', 'the page around has been told');
      await page.evaluate(
        `document.querySelector('iframe').src = ${JSON.stringify((await portal()).url)}`,
      );
      await frame.getByText('acme billing').first().waitFor();
    },
  );

  await t.test('the dashboard itself is not shown, not even there', async () => {
    allowed.show(`${service.address}/`);
    await page.goto(allowed.origin);
    await (await frameOf()).getByRole('heading', { name: 'Not in a frame' }).waitFor();
  });
  t.same(complaints, []);

  await t.test('of any other origin it is refused', async (t) => {
    refused.show((await portal()).url);
    await page.goto(refused.origin);
    await until(() => complaints.some((one) => one.includes('frame-ancestors')));
    const frame = await frameOf();
    t.equal(await frame.getByText('Posthorn').count(), 0);
    t.match(frame.url(), /^chrome-error:/);
  });
});

t.test('the operator', { skip: browserIsMissing }, async (t) => {
  const { service } = await startFilled(t);
  const { page, complaints, goto } = await openBrowser(t, service.address, { bypassCSP: true });
  const signIn = async (key: string) => {
    await page.goto('/');
    await page.evaluate(`sessionStorage.setItem('posthorn.api-key', ${JSON.stringify(key)})`);
  };

  await t.test('finds tenants with what has become of their events', async (t) => {
    await signIn(ROOT);
    await goto('/ui/tenants');
    const row = page.getByRole('row').filter({ hasText: 'acme' });
    await row.getByText('1 failing').waitFor();
    // Written every two seconds, and read every ten.
    await row.getByText('50.0 %').waitFor({ timeout: 30_000 });
    t.strictSame(await findingsOf(page), []);
    await keepPicture(page, 'tenants-light');
    await page.getByLabel('Search').fill('OTH');
    await row.waitFor({ state: 'detached' });
    await goto('/ui/tenants');
    await row.getByRole('link', { name: 'acme' }).click();
    await page.getByText('acme billing').waitFor();
    t.equal(await page.getByText('other billing').count(), 0);
  });

  await t.test('makes a link, opens it in a tab of its own and ends it', async (t) => {
    await goto('/ui/tenants');
    await page.getByRole('button', { name: 'portal of acme' }).click();
    await page.getByLabel('Valid for').selectOption('a day');
    t.strictSame(await findingsOf(page), []);
    await page.getByRole('button', { name: 'Create the link' }).click();
    t.match(await page.getByTestId('secret').textContent(), /\/#portal=phs_/);
    const [tab] = await Promise.all([
      page.waitForEvent('popup'),
      page.getByRole('link', { name: 'Open it in a tab' }).click(),
    ]);
    await tab.getByText('acme billing').first().waitFor();
    t.strictSame((await sections(tab)).includes('Tenants'), false);
    await page.getByRole('button', { name: 'Done' }).click();
    await page.getByRole('button', { name: 'portal of acme' }).click();
    await page.getByRole('button', { name: 'End 1 open session' }).click();
    await tab.getByRole('heading', { name: 'This session has ended' }).waitFor({ timeout: 15_000 });
    await page.getByRole('link', { name: 'Operations' }).waitFor();
  });

  await t.test("with a key of one tenant sees no numbers that are all tenants'", async (t) => {
    await signIn(await keyMaker(service)(['admin'], 'acme'));
    await goto('/');
    await page.getByText('acme billing').first().waitFor();
    t.notOk((await sections(page)).includes('Tenants'));
    const stats = await page.locator('dl.stats').innerText();
    t.notMatch(stats, /Queue|–/);
    t.match(stats, /Retrying/);
    t.equal(await page.getByText('other').count(), 0);
    t.strictSame(await findingsOf(page), []);
    await keepPicture(page, 'overview-tenant-key');
  });

  t.same(complaints, []);
});
