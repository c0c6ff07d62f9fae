import { createHash } from 'node:crypto';
import t from 'tap';
import { allows, digestOf, generateKey, isWellFormed, prefixOf } from '../../src/access/api-key.ts';
import type { Scope } from '../../src/base/principal.ts';
import { isFromThisMachine } from '../../src/access/local-peer.ts';
import { isListed, networkList } from '../../src/access/client-address.ts';

t.test('a key is readable as one, and no two are alike', async (t) => {
  const keys = Array.from({ length: 1_000 }, generateKey);
  for (const key of keys) t.match(key, /^ph_[0-9A-Za-z]{36}[0-9a-f]{6}$/);
  t.equal(new Set(keys).size, keys.length);
});

t.test('a key holds 160 random bits besides those that its prefix shows', async (t) => {
  const [key = ''] = [generateKey()];
  const hidden = 'ph_'.length + 36 - prefixOf(key).length;
  t.ok(hidden * Math.log2(62) >= 160);
  t.ok(key.startsWith(prefixOf(key)));
  const seen = new Set(
    Array.from({ length: 500 }, generateKey)
      .join('')
      .replaceAll(/ph_|[0-9a-f]{6}(?=ph_|$)/g, ''),
  );
  t.equal(seen.size, 62, 'every character of the alphabet occurs');
});

t.test('one wrong character is noticed without asking the database', async (t) => {
  const key = generateKey();
  t.ok(isWellFormed(key));
  for (let index = 0; index < key.length; index += 1) {
    const wrong = key[index] === 'a' ? 'b' : 'a';
    t.notOk(isWellFormed(key.slice(0, index) + wrong + key.slice(index + 1)));
  }
  for (const text of ['', 'ph_', key.slice(0, -1), `${key}0`, ` ${key}`, key.toUpperCase()]) {
    t.notOk(isWellFormed(text), text);
  }
});

t.test('what is stored is the SHA-256 of the key', async (t) => {
  t.strictSame(digestOf('ph_x'), createHash('sha256').update('ph_x').digest());
});

t.test('admin implies every scope, and no other implies any', async (t) => {
  const rows: [held: Scope[], needed: Scope[], expected: boolean][] = [
    [['admin'], ['admin'], true],
    [['admin'], ['publish'], true],
    [['admin'], ['read'], true],
    [['publish'], ['publish'], true],
    [['publish'], ['read'], false],
    [['publish'], ['admin'], false],
    [['read'], ['read'], true],
    [['read'], ['publish'], false],
    [['read', 'publish'], ['admin'], false],
    [['read'], ['admin', 'read'], true],
    [[], ['read'], false],
  ];
  for (const [held, needed, expected] of rows) t.equal(allows(held, needed), expected);
});

t.test(
  'a request is from this machine when its peer is, and nothing speaks for another',
  async (t) => {
    const from = (
      remoteAddress: string | undefined,
      headers: Record<string, string> = { host: 'localhost:3000' },
    ): boolean => isFromThisMachine({ socket: { remoteAddress }, headers });

    for (const address of ['127.0.0.1', '127.8.8.8', '::1', '::ffff:127.0.0.1']) {
      t.ok(from(address), address);
    }
    for (const address of [
      '10.0.0.1',
      '192.0.2.1',
      '::ffff:10.0.0.1',
      '2001:db8::1',
      '',
      undefined,
    ]) {
      t.notOk(from(address), String(address));
    }
    for (const host of [
      'localhost',
      'LOCALHOST:1',
      'app.localhost:3000',
      '127.0.0.1:3000',
      '[::1]:3000',
    ]) {
      t.ok(from('127.0.0.1', { host }), host);
    }
    for (const host of [
      'evil.example',
      'localhost.evil.example',
      '127.0.0.1.nip.example',
      '10.0.0.1',
      '',
    ]) {
      t.notOk(from('127.0.0.1', { host }), host);
    }
    t.notOk(from('127.0.0.1', {}), 'no Host');
    for (const name of ['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-real-ip']) {
      t.notOk(from('127.0.0.1', { host: 'localhost', [name]: '127.0.0.1' }), name);
    }
    t.ok(from('127.0.0.1', { host: 'localhost', origin: 'http://localhost:5173' }));
    for (const origin of ['https://evil.example', 'null', 'http://localhost.evil.example', '']) {
      t.notOk(from('127.0.0.1', { host: 'localhost', origin }), origin);
    }
  },
);

t.test('networks list addresses however a socket writes them', async (t) => {
  const networks = networkList(['10.0.0.0/8', '192.0.2.7', '2001:db8::/32']);
  for (const address of ['10.255.0.1', '192.0.2.7', '::ffff:10.1.2.3', '2001:db8:1::9']) {
    t.ok(isListed(networks, address), address);
  }
  for (const address of ['11.0.0.1', '192.0.2.8', '::ffff:11.0.0.1', '2001:db9::1', '', 'x']) {
    t.notOk(isListed(networks, address), address);
  }
});
