import t from 'tap';
import type { Check } from '../../src/cli/doctor/check.ts';
import { certificate, privateKey } from '../fixtures/localhost-certificate.ts';
import { runCli } from '../helpers/cli.ts';
import { startReceiver } from '../helpers/receiver.ts';

t.test('the way to a target is followed to where it ends', async (t) => {
  const receiver = await startReceiver(t, 404);
  const moved = await startReceiver(t, {
    status: 302,
    headers: { location: 'https://example.com/' },
  });
  const secured = await startReceiver(t, 200, { tls: { cert: certificate, key: privateKey } });
  async function last(url: string, env: Record<string, string> = {}): Promise<Check | undefined> {
    const { stdout } = await runCli(['doctor', '--json', '--target', url], {
      env: { PORT: '0', ...env },
    });
    return JSON.parse(stdout).checks.at(-1);
  }
  t.match(await last(receiver.url), { name: 'target http', status: 'ok', detail: /404 to HEAD/ });
  t.equal(receiver.requests[0]?.method, 'HEAD');
  t.match(await last(moved.url), {
    status: 'warning',
    fix: /follow no redirects: use https:\/\/example\.com\//,
  });
  t.match(await last(secured.url), {
    name: 'target tls',
    status: 'failed',
    detail: /not trusted/,
    fix: /NODE_EXTRA_CA_CERTS/,
  });
  t.match(await last(receiver.url, { ALLOW_PRIVATE_TARGETS: '' }), {
    status: 'failed',
    fix: /ALLOW_PRIVATE_TARGETS/,
  });
  t.match(await last('http://169.254.169.254/'), { name: 'target', status: 'failed' });
  t.match(await last('http://localhost:1/'), {
    name: 'target',
    status: 'failed',
    detail: /port 1 belongs to another protocol/,
  });
  t.match(await last('https://no-such-host.example/'), {
    name: 'target dns',
    status: 'failed',
    fix: /./,
  });
});
