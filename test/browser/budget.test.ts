import { readdir, stat } from 'node:fs/promises';
import t from 'tap';
import { DASHBOARD_DIRECTORY } from '../../src/http/dashboard.ts';
import { startService } from '../helpers/service.ts';
import { browserIsMissing, openBrowser } from './browser.ts';

const MAX_BYTES = 150_000;

t.test('the dashboard is light', { skip: browserIsMissing }, async (t) => {
  const service = await startService(t);
  const { page, goto } = await openBrowser(t, service.address);

  await t.test('all of it, gzipped, is within its budget', async (t) => {
    const files = (await readdir(DASHBOARD_DIRECTORY, { recursive: true })).filter((file) =>
      file.endsWith('.gz'),
    );
    const sizes = await Promise.all(
      files.map(async (file) => (await stat(`${DASHBOARD_DIRECTORY}/${file}`)).size),
    );
    const bytes = sizes.reduce((sum, size) => sum + size, 0);
    t.comment(`${bytes} bytes in ${files.length} files`);
    t.ok(files.length >= 4, 'the build compresses');
    t.ok(bytes <= MAX_BYTES, `${bytes} bytes`);
  });

  await t.test('and what the browser loads comes compressed and from here alone', async (t) => {
    const loaded: { url: string; encoding: string | undefined }[] = [];
    page.on('response', (response) => {
      loaded.push({ url: response.url(), encoding: response.headers()['content-encoding'] });
    });
    await goto('/');
    const scripts = loaded.filter(({ url }) => url.endsWith('.js'));
    t.ok(scripts.length > 0);
    t.ok(scripts.every(({ encoding }) => encoding === 'br' || encoding === 'gzip'));
    t.ok(loaded.every(({ url }) => url.startsWith(service.address)));
    const firstPaintMs = await page.evaluate(
      'performance.getEntriesByName("first-contentful-paint")[0].startTime',
    );
    t.comment(`first contentful paint after ${Math.round(Number(firstPaintMs))} ms`);
    // A second on a machine of its own; the tests share theirs.
    t.ok(Number(firstPaintMs) < 3_000);
  });
});
