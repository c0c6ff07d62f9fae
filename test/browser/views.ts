import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';
import type { Test } from 'tap';
import { startReceiver } from '../helpers/receiver.ts';
import { startService, type Service } from '../helpers/service.ts';
import { DEVICES, keepPicture, openBrowser } from './browser.ts';

const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

type Finding = {
  id: string;
  impact: string;
  nodes: { target: string[]; failureSummary: string }[];
};

/** A service with something in every state, and the views that show it. */
export async function startFilledService(t: Test) {
  const service = await startService(t, { env: { RETRY_SCHEDULE: '1s' } });
  const receiver = await startReceiver(t, {
    byRequest: ({ url }) =>
      url === '/broken' ? { status: 500, body: '{"error":"out of paper"}' } : 200,
  });
  const broken = await service.subscribe(`${receiver.url}broken`, {
    name: 'Billing mirror',
    event_types: ['invoice.*'],
    filter: { payload: { invoice: { $gt: 0 } } },
    metadata: { team: 'billing' },
  });
  await service.subscribe(`${receiver.url}hooks`, { name: 'Order fulfilment' });
  await service.subscribe(receiver.url, { name: 'Legacy portal', status: 'paused' });
  await publishOrders(service, 40);
  await service.call('POST', '/event-types', {
    json: {
      name: 'order.created',
      description: 'An order was placed and paid for.',
      enforce: 'warn',
      schema: { type: 'object', properties: { order: { type: 'object' } } },
      example: { order: { id: 1 } },
    },
  });
  await service.call('POST', '/event-types', {
    json: { name: 'customer.changed', deprecated: true, replaced_by: 'customer.updated' },
  });
  const { id } = await service.publish({ event_type: 'invoice.paid', payload: { invoice: 77 } });
  const { body } = await service.call(
    'GET',
    `/deliveries?event_id=${id}&subscription_id=${broken.id}`,
  );
  const failed = await service.untilDelivery(body.data[0].id, 'failed');
  return {
    service,
    views: {
      overview: '/',
      subscriptions: '/ui/subscriptions',
      subscription: `/ui/subscriptions/${broken.id}`,
      'new-subscription': '/ui/subscriptions/new',
      events: '/ui/events',
      event: `/ui/events/${id}`,
      'event-types': '/ui/event-types',
      'event-type': '/ui/event-types/order.created',
      deliveries: '/ui/deliveries',
      delivery: `/ui/deliveries/${failed.id}`,
      live: '/ui/live',
      publish: '/ui/publish',
      operations: '/ui/operations',
      tenants: '/ui/tenants',
      nowhere: '/ui/nowhere',
    },
  };
}

/** What axe finds on a page, whose policy must have been bypassed to let it in. */
export async function findingsOf(page: Pick<Page, 'evaluate'>): Promise<object[]> {
  await page.evaluate(axe);
  const { violations } = (await page.evaluate('axe.run()')) as { violations: Finding[] };
  return violations.map(({ id, impact, nodes }) => ({
    id,
    impact,
    at: nodes.map(({ target, failureSummary }) => [target, failureSummary]),
  }));
}

function publishOrders(service: Service, count: number): Promise<unknown> {
  return service.publish(
    Array.from({ length: count }, (_, index) => ({
      event_type: index % 2 === 0 ? 'order.created' : 'customer.updated',
      payload: { order: { id: 8000 + index, total: '49.90', paid: true, note: null } },
    })),
  );
}

/** Every view as it looks there: axe finds nothing, and nothing is wider than the screen. */
export async function examineViews(t: Test, device: keyof typeof DEVICES): Promise<void> {
  const { service, views } = await startFilledService(t);
  const { page, complaints, goto } = await openBrowser(t, service.address, {
    ...DEVICES[device],
    // The policy lets nothing in, axe included.
    bypassCSP: true,
  });
  for (const [name, path] of Object.entries(views)) {
    await t.test(`axe finds nothing in ${name}, and nothing overflows`, async (t) => {
      await goto(path);
      if (name === 'live') {
        await page.getByText('Streaming').waitFor();
        await publishOrders(service, 10);
        await page.locator('tbody a.row-link').nth(9).waitFor();
      }
      await page.waitForTimeout(300);
      t.same(await findingsOf(page), []);
      t.equal(await page.evaluate('document.documentElement.scrollWidth - innerWidth'), 0);
      await keepPicture(page, `${name}-${device}`);
    });
  }
  t.same(complaints, []);
}
