import Fastify from 'fastify';
import t from 'tap';
import { GUIDES_DIRECTORY, serveGuides } from '../../src/http/guides.ts';
import { startService } from '../helpers/service.ts';

t.test('the guides as they were built', async (t) => {
  const directory = t.testdir({
    'index.html': 'index',
    'verify.html': 'verify',
    assets: {
      'site-abc.js': 'let plain = 1;',
      'site-abc.js.br': 'brotli',
      'site-abc.js.gz': 'gzip',
    },
  });
  const app = Fastify();
  t.teardown(() => app.close());
  await serveGuides(app, directory);

  await t.test('are at /guides and below it', async (t) => {
    for (const [url, text] of [
      ['/guides', 'index'],
      ['/guides/', 'index'],
      ['/guides/verify', 'verify'],
    ] as const) {
      const { statusCode, body, headers } = await app.inject(url);
      t.equal(statusCode, 200, url);
      t.equal(body, text);
      t.equal(headers['content-type'], 'text/html; charset=utf-8');
      const policy = String(headers['content-security-policy']);
      t.match(policy, /script-src 'self'(;|$)/);
      t.match(policy, /default-src 'none'/);
      t.notMatch(policy, /unsafe|\*|https?:/);
      const again = await app.inject({ url, headers: { 'if-none-match': String(headers.etag) } });
      t.equal(again.statusCode, 304);
    }
  });

  await t.test('have files that are kept for ever and come compressed', async (t) => {
    const { body, headers } = await app.inject({
      url: '/guides/assets/site-abc.js',
      headers: { 'accept-encoding': 'br' },
    });
    t.equal(body, 'brotli');
    t.equal(headers['cache-control'], 'public, max-age=31536000, immutable');
  });

  await t.test('and nothing else', async (t) => {
    for (const url of [
      '/guides/nowhere',
      '/guides/assets/old.js',
      '/guides/..%2f..%2fpackage.json',
    ]) {
      t.equal((await app.inject(url)).statusCode, 404, url);
    }
  });
});

t.test('without a build there are no guides, and the service starts', async (t) => {
  const app = Fastify();
  t.teardown(() => app.close());
  await serveGuides(app, `${t.testdirName}/nowhere`);
  t.equal((await app.inject('/guides')).statusCode, 404);
});

t.test('every address that a page of the service names is there', async (t) => {
  const { address } = await startService(t, {
    hasWorker: false,
    env: { API_KEYS: 'nobody-needs-one-to-read' },
  });
  const seen = new Map<string, string>();
  const dead: string[] = [];
  const waiting = ['/guides'];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    const answer = await fetch(address + path);
    const body = await answer.text();
    if (answer.status !== 200) dead.push(`${answer.status}: ${path}`);
    seen.set(path, body);
    if (!path.startsWith('/guides') || path.includes('/assets/')) continue;
    for (const [, link = ''] of body.matchAll(/ (?:href|src|data-index)="([^"]+)"/g)) {
      const [target = ''] = link.split('#');
      if (target.startsWith('/') && !seen.has(target) && !waiting.includes(target))
        waiting.push(target);
    }
  }
  t.ok([...seen.keys()].filter((path) => !path.includes('/assets/')).length > 15);
  for (const [path, body] of seen) {
    for (const [, target, anchor = ''] of body.matchAll(/ href="([^"#]*)#([^"]+)"/g)) {
      if (!path.startsWith('/guides') || target?.startsWith('http')) continue;
      const there = seen.get(target === '' ? path : String(target)) ?? '';
      if (!there.includes(` id="${anchor}"`)) dead.push(`${path} → ${target}#${anchor}`);
    }
  }
  t.same(dead, []);
  t.comment(`${seen.size} addresses from ${GUIDES_DIRECTORY}`);
});
