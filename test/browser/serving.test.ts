import Fastify from 'fastify';
import t from 'tap';
import { serveDashboard } from '../../src/http/dashboard.ts';

const PAGE = '<!doctype html><script type="module" src="/ui/assets/index-abc.js"></script>';

t.test('a built dashboard', async (t) => {
  const directory = t.testdir({
    'index.html': PAGE,
    assets: {
      'index-abc.js': 'let plain = 1;',
      'index-abc.js.br': 'brotli',
      'index-abc.js.gz': 'gzip',
    },
  });
  const app = Fastify();
  t.teardown(() => app.close());
  await serveDashboard(app, { directory });

  await t.test('is one page at / and at every path below /ui', async (t) => {
    for (const url of ['/', '/ui', '/ui/deliveries', '/ui/deliveries/1?status=failed']) {
      const { statusCode, body, headers } = await app.inject(url);
      t.equal(statusCode, 200, url);
      t.equal(body, PAGE);
      t.equal(headers['content-type'], 'text/html; charset=utf-8');
    }
  });

  await t.test('allows no script but its own files, and no markup made of text', async (t) => {
    for (const url of ['/', '/ui/assets/index-abc.js']) {
      const policy = String((await app.inject(url)).headers['content-security-policy']);
      t.match(policy, /script-src 'self'(;|$)/);
      t.match(policy, /default-src 'none'/);
      t.match(policy, /require-trusted-types-for 'script'/);
      t.notMatch(policy, /unsafe|\*|https?:/);
    }
  });

  await t.test('its page is asked for anew, and its files are kept for ever', async (t) => {
    const page = await app.inject('/');
    t.equal(page.headers['cache-control'], 'no-cache');
    const again = await app.inject({
      url: '/',
      headers: { 'if-none-match': String(page.headers.etag) },
    });
    t.equal(again.statusCode, 304);
    t.equal(again.body, '');
    const file = await app.inject('/ui/assets/index-abc.js');
    t.equal(file.headers['cache-control'], 'public, max-age=31536000, immutable');
  });

  await t.test('its files come compressed where the client takes that', async (t) => {
    const get = (encoding: string) =>
      app.inject({ url: '/ui/assets/index-abc.js', headers: { 'accept-encoding': encoding } });
    t.equal((await get('br, gzip')).body, 'brotli');
    t.equal((await get('gzip')).body, 'gzip');
    t.equal((await get('identity')).body, 'let plain = 1;');
    t.match((await get('br')).headers, { 'content-encoding': 'br', vary: 'accept-encoding' });
  });

  await t.test('a file of an earlier build is 404 and not the page', async (t) => {
    t.equal((await app.inject('/ui/assets/index-old.js')).statusCode, 404);
    t.equal((await app.inject('/ui/assets/../../index.html')).statusCode, 404);
  });
});

t.test('without a build, / says how to make one', async (t) => {
  const app = Fastify();
  t.teardown(() => app.close());
  await serveDashboard(app, { directory: `${t.testdirName}/nowhere` });
  const { statusCode, body } = await app.inject('/');
  t.equal(statusCode, 200);
  t.match(body, 'npm run build');
});
