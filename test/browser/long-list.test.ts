import t from 'tap';
import { startService } from '../helpers/service.ts';
import { browserIsMissing, openBrowser } from './browser.ts';

const EVENTS = 10_000;
const BATCH = 500;

t.test('ten thousand rows', { skip: browserIsMissing }, async (t) => {
  const service = await startService(t, { hasWorker: false });
  await service.subscribe('http://127.0.0.1:9999/', { status: 'paused' });
  for (let sent = 0; sent < EVENTS; sent += BATCH) {
    await service.publish(
      Array.from({ length: BATCH }, (_, index) => ({
        event_type: 'order.created',
        payload: sent + index,
      })),
    );
  }
  const { page, complaints, goto } = await openBrowser(t, service.address);
  await goto('/ui/deliveries');
  await page.locator('tbody a.row-link').first().waitFor();
  await page.evaluate(`
    window.longest = 0;
    new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) window.longest = Math.max(window.longest, duration);
    }).observe({ type: 'longtask' });
  `);

  await t.test('are all reached by scrolling', async (t) => {
    const rows = await page.evaluate(`new Promise((resolve, reject) => {
      const startedAt = performance.now();
      const step = () => {
        const count = Number(document.querySelector('table').getAttribute('aria-rowcount')) - 1;
        if (count >= ${EVENTS}) return resolve(count);
        if (performance.now() - startedAt > 60000) return reject(new Error('stopped at ' + count));
        scrollTo(0, document.documentElement.scrollHeight);
        setTimeout(step, 10);
      };
      step();
    })`);
    t.equal(rows, EVENTS);
  });

  await t.test('and only those in view are in the document', async (t) => {
    const count = await page.locator('tbody tr').count();
    t.ok(count < 80, `${count} rows`);
    await page.evaluate('scrollTo(0, document.documentElement.scrollHeight / 2)');
    await page.locator('tbody tr[aria-rowindex="5001"]').waitFor();
    t.comment(`the longest task took ${await page.evaluate('Math.round(longest)')} ms`);
    t.ok(
      Number(await page.evaluate('longest')) < 1_500,
      'no task holds the page up, though the machine is shared',
    );
  });

  t.same(complaints, []);
});
