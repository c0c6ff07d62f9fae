import fc from 'fast-check';
import { BlockList } from 'node:net';
import t from 'tap';

import { createAddressGuard } from '../../src/sender/address-guard.ts';
import { parseAddress, parseRange, rangeContains } from '../../src/sender/ip-range.ts';
import { ALLOWED_URLS, FORBIDDEN_PORTS, FORBIDDEN_URLS } from '../fixtures/target-urls.ts';

const publicOnly = createAddressGuard({ allowedPrivateCidrs: [] });

t.test('the corpus of forbidden URLs is refused when a subscription is saved', async (t) => {
  for (const [why, urls] of Object.entries(FORBIDDEN_URLS)) {
    for (const url of urls) {
      const verdict = publicOnly.checkUrl(url);
      if (verdict.ok) t.fail(`${why}: ${JSON.stringify(url)} became ${verdict.url.href}`);
    }
  }
  t.ok(Object.values(FORBIDDEN_URLS).flat().length >= 200);
});

t.test('the corpus of allowed URLs is taken', async (t) => {
  for (const url of ALLOWED_URLS) {
    const verdict = publicOnly.checkUrl(url);
    if (!verdict.ok) t.fail(`${JSON.stringify(url)}: ${verdict.reason}`);
  }
  t.ok(ALLOWED_URLS.length >= 50);
});

t.test('the ports that browsers refuse are refused, and no others', async (t) => {
  for (const scheme of ['http', 'https']) {
    const refused = [];
    for (let port = 0; port <= 65_535; port += 1) {
      if (!publicOnly.checkUrl(`${scheme}://example.com:${port}/`).ok) refused.push(port);
    }
    t.strictSame(refused, FORBIDDEN_PORTS);
  }
});

t.test('a refusal says why', async (t) => {
  t.strictSame(
    [
      'http://localhost',
      'http://10.1.2.3',
      'http://[::1]',
      'http://[::ffff:8.8.8.8]',
      'http://db',
      'http://a.internal',
      'ftp://a.com',
      'http://a@b.com',
      'http://a.com:25',
      'nonsense',
    ]
      .map((url) => publicOnly.checkUrl(url))
      .map((verdict) => (verdict.ok ? '' : verdict.reason)),
    [
      'the host is this machine',
      'the address is not public (a private network)',
      'the address is not public (loopback)',
      'the address is not public (not global unicast)',
      'the host is a single-label name, which is no target unless ALLOW_PRIVATE_TARGETS opens the network that it is in',
      'the host is an internal name, which is no target unless ALLOW_PRIVATE_TARGETS opens the network that it is in',
      'the scheme must be http or https',
      'the URL must not carry a user name or password',
      'port 25 belongs to another protocol',
      'it is not a valid absolute URL',
    ],
  );
});

t.test('the allow-list opens its ranges and nothing beside them', async (t) => {
  const guard = createAddressGuard({ allowedPrivateCidrs: ['10.1.0.0/16', 'fd00:1::/32'] });
  for (const ip of ['10.1.0.0', '10.1.255.255', 'fd00:1::', 'fd00:1:ffff::1', '8.8.8.8']) {
    t.strictSame(guard.checkAddress(ip), { ok: true }, ip);
  }
  for (const ip of ['10.0.255.255', '10.2.0.0', 'fd00::1', 'fd00:2::', '127.0.0.1', '::1']) {
    t.notOk(guard.checkAddress(ip).ok, ip);
  }
  t.notOk(guard.checkAddress('::ffff:10.1.0.1').ok, 'another notation is another address');
});

t.test('loopback in the allow-list opens localhost, and no internal name', async (t) => {
  for (const cidr of ['127.0.0.1/32', '127.0.0.0/8', '::1/128']) {
    const guard = createAddressGuard({ allowedPrivateCidrs: [cidr] });
    t.ok(guard.checkUrl('http://localhost:3000/').ok);
    t.ok(guard.checkUrl('http://api.localhost./').ok);
    t.notOk(guard.checkUrl('http://redis/').ok);
    t.notOk(guard.checkUrl('http://printer.local/').ok);
  }
});

t.test('another range in the allow-list opens internal names, and no metadata name', async (t) => {
  const guard = createAddressGuard({ allowedPrivateCidrs: ['172.16.0.0/12'] });
  for (const url of ['http://redis:8080/', 'http://a.internal/', 'http://nas.lan/']) {
    t.ok(guard.checkUrl(url).ok, url);
  }
  for (const url of FORBIDDEN_URLS['metadata services']!) t.notOk(guard.checkUrl(url).ok, url);
  t.notOk(guard.checkUrl('http://localhost/').ok);
});

t.test('a malformed allow-list is a mistake of the operator', async (t) => {
  for (const cidr of [
    '',
    '10.0.0.0/33',
    '10.0.0.1/8',
    'fd00::/129',
    '10/8',
    'a/8',
    '10.0.0.0/8/8',
    '10.0.0.0/',
    '10.0.0.0/+8',
    '10.0.0.0/08',
    'fe80::1%eth0/128',
  ]) {
    t.throws(() => createAddressGuard({ allowedPrivateCidrs: [cidr] }), RangeError, cidr);
  }
});

t.test('what is not an address is refused', async (t) => {
  for (const text of ['', '1', 'localhost', '1.2.3', '::1%lo', '[::1]', '1.2.3.4 ', '0x7f.0.0.1']) {
    t.strictSame(publicOnly.checkAddress(text), { ok: false, reason: 'it is not an IP address' });
  }
});

const ipv4Number = fc.nat({ max: 0xffffffff });

t.test('every notation of an IPv4 address has the verdict of its dotted form', async () => {
  fc.assert(
    fc.property(ipv4Number, (value) => {
      const bytes = [24, 16, 8, 0].map((shift) => (value >>> shift) & 0xff);
      const verdict = publicOnly.checkAddress(bytes.join('.')).ok;
      const notations = [
        String(value),
        `0x${value.toString(16)}`,
        `0${value.toString(8)}`,
        bytes.map((byte) => `0x${byte.toString(16)}`).join('.'),
        bytes.map((byte) => `0${byte.toString(8)}`).join('.'),
        `${bytes[0]}.${value & 0xffffff}`,
        `${bytes[0]}.${bytes[1]}.${value & 0xffff}`,
        `${bytes.join('.')}.`,
        bytes.join('%2E'),
      ];
      return notations.every((host) => publicOnly.checkUrl(`http://${host}/`).ok === verdict);
    }),
  );
});

t.test('no IPv6 form that carries an IPv4 address is allowed', async () => {
  fc.assert(
    fc.property(ipv4Number, (value) => {
      const high = (value >>> 16).toString(16);
      const low = (value & 0xffff).toString(16);
      const forms = [
        `::ffff:${high}:${low}`,
        `::${high}:${low}`,
        `::ffff:0:${high}:${low}`,
        `64:ff9b::${high}:${low}`,
        `64:ff9b:1::${high}:${low}`,
        `2002:${high}:${low}::1`,
        `2001:0:${high}:${low}::1`,
        `fe80::5efe:${high}:${low}`,
      ];
      return forms.every((ip) => !publicOnly.checkAddress(ip).ok);
    }),
  );
});

t.test('ranges agree with those of Node', async () => {
  const address = fc.oneof(
    fc.ipV4().map((ip) => ({ ip, family: 'ipv4' as const, width: 32 })),
    fc.ipV6().map((ip) => ({ ip, family: 'ipv6' as const, width: 128 })),
  );
  fc.assert(
    fc.property(address, address, fc.nat({ max: 128 }), (base, other, bits) => {
      const prefixBits = bits % (base.width + 1);
      const list = new BlockList();
      list.addSubnet(base.ip, prefixBits, base.family);
      const parsed = parseAddress(base.ip)!;
      const hostBits = BigInt(base.width - prefixBits);
      const range = { family: parsed.family, hostBits, prefix: parsed.value >> hostBits };
      // Node lets IPv4 ranges match mapped addresses; here they are another family.
      if (base.family !== other.family) return !rangeContains(range, parseAddress(other.ip)!);
      return [base, other].every(
        ({ ip }) => rangeContains(range, parseAddress(ip)!) === list.check(ip, base.family),
      );
    }),
  );
});

t.test('a range without bits is one address', async (t) => {
  t.strictSame(parseRange('10.0.0.1'), parseRange('10.0.0.1/32'));
  t.strictSame(parseRange('::1'), parseRange('::1/128'));
});
