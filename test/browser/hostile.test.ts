import t from 'tap';
import { startReceiver } from '../helpers/receiver.ts';
import { startService } from '../helpers/service.ts';
import { browserIsMissing, openBrowser } from './browser.ts';

const MARKUP = '<img src=x onerror="alert(1)"><script>alert(2)</script><svg/onload=alert(3)>';

t.test('markup from outside', { skip: browserIsMissing }, async (t) => {
  const service = await startService(t, { env: { RETRY_SCHEDULE: 'none' } });
  const receiver = await startReceiver(t, {
    status: 500,
    body: MARKUP,
    headers: { 'content-type': 'text/html', 'x-hostile': MARKUP },
  });
  const subscription = await service.subscribe(`${receiver.url}?q=${encodeURIComponent(MARKUP)}`, {
    name: MARKUP,
    description: MARKUP,
    metadata: { [MARKUP]: MARKUP },
  });
  const event = await service.publish(
    {
      event_type: 'hostile.event',
      ordering_key: MARKUP,
      payload: { [MARKUP]: MARKUP, link: 'javascript:alert(4)' },
    },
    { 'idempotency-key': MARKUP },
  );
  const { body } = await service.call('GET', `/deliveries?event_id=${event.id}`);
  const delivery = await service.untilDelivery(body.data[0].id, 'failed');
  const { page, complaints, goto } = await openBrowser(t, service.address);

  const views = {
    '/': 'a list',
    '/ui/subscriptions': 'a list',
    [`/ui/subscriptions/${subscription.id}`]: 'a subscription',
    [`/ui/subscriptions/${subscription.id}/edit`]: 'a form',
    '/ui/events': 'a list',
    [`/ui/events/${event.id}`]: 'an event',
    '/ui/deliveries': 'a list',
    [`/ui/deliveries/${delivery.id}`]: 'a delivery',
    '/ui/live': 'the live view',
    [`/ui/publish?from=${event.id}`]: 'a form',
  };
  for (const [path, name] of Object.entries(views)) {
    await t.test(`is text in ${name} (${path.replace(/[\da-f-]{36}/, '…')})`, async (t) => {
      await goto(path);
      await page.waitForTimeout(300);
      await page.evaluate(
        'for (const one of document.querySelectorAll("details")) one.open = true',
      );
      t.equal(
        await page.locator('#root script, #root img, #root [onload], #root [onerror]').count(),
        0,
      );
      t.equal(await page.locator('a[href^="javascript:"]').count(), 0);
      t.same(complaints, []);
    });
  }

  await t.test('is shown as it is', async (t) => {
    await goto(`/ui/deliveries/${delivery.id}`);
    const text = await page.locator('main').innerText();
    t.ok(text.includes('<script>alert(2)</script>'), 'the response, and the payload');
    await goto(`/ui/subscriptions/${subscription.id}`);
    t.equal(await page.locator('h1').innerText(), MARKUP);
  });

  await t.test('could not run even if it got in: the policy refuses it', async (t) => {
    const violations = await page.evaluate(`new Promise((resolve) => {
      const seen = [];
      addEventListener('securitypolicyviolation', (event) => {
        seen.push(event.effectiveDirective);
        if (seen.length === 2) resolve(seen);
      });
      const script = document.createElement('script');
      try { document.body.innerHTML += '<img src=x onerror=alert(5)>'; } catch {}
      try { script.src = 'https://elsewhere.example/x.js'; document.body.append(script); } catch {}
    })`);
    t.same(violations, ['require-trusted-types-for', 'require-trusted-types-for']);
    t.notOk(complaints.some((one) => one.startsWith('dialog')));
  });
});
