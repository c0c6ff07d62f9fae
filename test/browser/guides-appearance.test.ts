import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import t from 'tap';
import { startService } from '../helpers/service.ts';
import { browserIsMissing, DEVICES, keepPicture, openBrowser } from './browser.ts';

const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const PAGES = ['', '/verify', '/configuration', '/capacity'];

type Finding = {
  id: string;
  impact: string;
  nodes: { target: string[]; failureSummary: string }[];
};

t.test('the guides', { skip: browserIsMissing, timeout: 110_000 }, async (t) => {
  const service = await startService(t, { hasWorker: false });

  for (const [device, options] of Object.entries(DEVICES)) {
    await t.test(`are accessible and fit: ${device}`, { timeout: 60_000 }, async (t) => {
      const { page, complaints, goto } = await openBrowser(t, service.address, {
        ...options,
        bypassCSP: true,
      });
      for (const path of PAGES) {
        await goto(`/guides${path}`);
        await page.evaluate(axe);
        const { violations } = (await page.evaluate('axe.run()')) as { violations: Finding[] };
        t.same(
          violations.map(({ id, impact, nodes }) => ({
            id,
            impact,
            at: nodes.slice(0, 3).map(({ target, failureSummary }) => [target, failureSummary]),
          })),
          [],
          `/guides${path}`,
        );
        t.equal(
          await page.evaluate('document.documentElement.scrollWidth - innerWidth'),
          0,
          `/guides${path}`,
        );
        await keepPicture(page, `guides${path.replace('/', '-')}-${device}`);
      }
      t.same(complaints, []);
    });
  }
});
