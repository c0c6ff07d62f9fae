import { isIP } from 'node:net';
import { connect } from 'node:tls';
import { isLocalhostName, type AddressGuard } from '../../sender/address-guard.ts';
import { createResolver } from '../../sender/resolver.ts';
import { failed, ok, skipped, warning, type Check } from './check.ts';

const TIMEOUT_MS = 10_000;
const SOON_DAYS = 14;
const DAY_MS = 86_400_000;

/** The way of a delivery, step by step, ending with the first one that fails. Sends no event. */
export async function checkTarget(text: string, guard: AddressGuard): Promise<Check[]> {
  const verdict = guard.checkUrl(text);
  if (!verdict.ok)
    return [failed('target', `refused: ${verdict.reason}`, fixOfRefusal(verdict.reason))];
  const { url } = verdict;
  const checks = [ok('target', `${url.href} is one that deliveries may have`)];

  const { check, addresses } = await resolve(url.hostname);
  checks.push(check);
  if (addresses.length === 0) return checks;
  for (const address of addresses) {
    const judged = guard.checkAddress(address);
    if (judged.ok) continue;
    checks.push(
      failed('target address', `${address}: ${judged.reason}`, fixOfRefusal(judged.reason)),
    );
    return checks;
  }
  checks.push(ok('target address', `${addresses.join(', ')} may be delivered to`));

  if (url.protocol === 'https:') {
    const secured = await checkTls(url);
    checks.push(secured);
    if (secured.status === 'failed') return checks;
  } else {
    checks.push(skipped('target tls', 'the URL is http; payloads go in the clear'));
  }
  checks.push(await ask(url));
  return checks;
}

function fixOfRefusal(reason: string): string {
  return /not public|this machine|single-label|internal name/.test(reason)
    ? 'If it is meant to be reached, add its network to ALLOW_PRIVATE_TARGETS (10.0.0.0/8, 127.0.0.0/8).'
    : 'Use another URL; no setting allows this one.';
}

async function resolve(hostname: string): Promise<{ check: Check; addresses: readonly string[] }> {
  const name = 'target dns';
  const literal = hostname.startsWith('[') ? hostname.slice(1, -1) : hostname;
  if (isIP(literal) !== 0)
    return { check: skipped(name, 'the host is an address'), addresses: [literal] };
  if (isLocalhostName(hostname))
    return { check: skipped(name, 'the host is this machine'), addresses: ['127.0.0.1'] };
  const startedAt = performance.now();
  try {
    const addresses = await createResolver().resolve(hostname);
    const tookMs = Math.round(performance.now() - startedAt);
    if (addresses.length > 0)
      return { check: ok(name, `${addresses.length} addresses in ${tookMs} ms`), addresses };
    return {
      check: failed(name, 'the name has no address', 'Give it an A or AAAA record.'),
      addresses,
    };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const fix =
      code === 'ENOTFOUND' || code === 'ENODATA'
        ? 'Correct the host name, or give it an A or AAAA record. Search domains do not count.'
        : 'See whether the name servers of this machine answer (/etc/resolv.conf).';
    return { check: failed(name, `${hostname} does not resolve (${code})`, fix), addresses: [] };
  }
}

function checkTls(url: URL): Promise<Check> {
  const name = 'target tls';
  const host = url.hostname.replace(/^\[|\]$/g, '');
  return new Promise((settle) => {
    const socket = connect({
      host,
      port: Number(url.port || 443),
      rejectUnauthorized: false,
      timeout: TIMEOUT_MS,
      ...(isIP(host) === 0 && { servername: host }),
    });
    const end = (check: Check): void => {
      socket.destroy();
      settle(check);
    };
    socket.once('secureConnect', () => {
      const daysLeft = (Date.parse(socket.getPeerCertificate().valid_to) - Date.now()) / DAY_MS;
      const detail = `${socket.getProtocol()}, certificate good for ${Math.floor(daysLeft)} days`;
      if (!socket.authorized) {
        const reason = String(socket.authorizationError);
        end(failed(name, `the certificate is not trusted: ${reason}`, fixOfCertificate(reason)));
      } else if (daysLeft < SOON_DAYS) {
        end(warning(name, detail, 'Let its owner renew it.'));
      } else {
        end(ok(name, detail));
      }
    });
    socket.once('timeout', () =>
      end(failed(name, `no handshake within ${TIMEOUT_MS / 1_000} s`, MEND_CONNECTION)),
    );
    socket.once('error', (error: NodeJS.ErrnoException) =>
      end(failed(name, `cannot connect (${error.code ?? error.message})`, MEND_CONNECTION)),
    );
  });
}

const MEND_CONNECTION =
  'See whether the server is up, and whether firewalls let this machine out to it.';

function fixOfCertificate(reason: string): string {
  if (/EXPIRED/.test(reason)) return 'Its owner has to renew it.';
  if (/ALTNAME/.test(reason))
    return 'It is for another host: use that name, or have one made for this.';
  if (/LEAF_SIGNATURE|UNABLE_TO_VERIFY/.test(reason)) {
    return 'The server has to send the intermediate certificates as well.';
  }
  return 'For a certificate of your own authority, set NODE_EXTRA_CA_CERTS for the workers.';
}

/** Asks for the headers alone, since a POST would be taken for a delivery. Any answer is one. */
async function ask(url: URL): Promise<Check> {
  const name = 'target http';
  const startedAt = performance.now();
  try {
    const { status, headers } = await fetch(url, {
      method: 'HEAD',
      redirect: 'manual',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const detail = `it answers (${status} to HEAD) in ${Math.round(performance.now() - startedAt)} ms`;
    if (status < 300 || status >= 400) return ok(name, detail);
    const location = headers.get('location') ?? 'its Location';
    return warning(name, detail, `Deliveries follow no redirects: use ${location} itself.`);
  } catch (error) {
    const { code, message } = ((error as Error).cause ?? error) as NodeJS.ErrnoException;
    return failed(name, `no answer (${code ?? message})`, MEND_CONNECTION);
  }
}
