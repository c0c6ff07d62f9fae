import fc from 'fast-check';
import t from 'tap';

import { checkHeaders } from '../../src/sender/header-rules.ts';

t.test("ordinary headers may be a subscription's own", async (t) => {
  t.strictSame(
    checkHeaders({
      Authorization: 'Bearer token',
      'Content-Type': 'application/cloudevents+json',
      Accept: '*/*',
      Cookie: 'a=b',
      'X-Api-Key': 'key',
      'x-webhook-signature': 'theirs',
      __proto__x: 'ü and tab\t',
      'X-Empty': '',
    }),
    [],
  );
});

const denied = {
  'is set by the connection': [
    'Host',
    'Content-Length',
    'content-encoding',
    'Transfer-Encoding',
    'Connection',
    'Keep-Alive',
    'Upgrade',
    'Expect',
    'TE',
    'Trailer',
    'Via',
    'HTTP2-Settings',
  ],
  'is set by the service': [
    'webhook-id',
    'Webhook-Timestamp',
    'WEBHOOK-SIGNATURE',
    'webhook-anything',
    'X-Hub-Signature',
    'X-Hub-Signature-256',
    'Stripe-Signature',
    'X-Event-Type',
    'X-Delivery-Id',
    'X-Attempt',
    'User-Agent',
  ],
  'speaks about the origin of the request': [
    'Forwarded',
    'X-Forwarded-For',
    'X-Forwarded-Host',
    'X-Real-IP',
    'True-Client-IP',
    'Proxy-Authorization',
    'Proxy-Connection',
  ],
  'is reserved for metadata services': [
    'Metadata',
    'Metadata-Flavor',
    'X-aws-ec2-metadata-token',
    'X-Google-Metadata-Request',
  ],
};
for (const [reason, names] of Object.entries(denied)) {
  t.test(`a header is refused when it ${reason}`, async (t) => {
    for (const name of names) {
      for (const written of [name, name.toLowerCase(), name.toUpperCase()]) {
        t.strictSame(checkHeaders({ [written]: 'x' }), [{ name: written, reason }]);
      }
    }
  });
}

t.test('names and values that HTTP does not allow are refused', async (t) => {
  const reasonOf = (name: string, value: string) => checkHeaders({ [name]: value })[0]?.reason;
  for (const name of ['', ' ', 'a b', 'a:', ':path', 'a\r\nb', 'a\0', 'é', 'a(', 'a"b']) {
    t.equal(reasonOf(name, 'x'), 'has a name that HTTP does not allow', JSON.stringify(name));
  }
  for (const value of ['a\r\nb: c', 'a\nb', 'a\rb', 'a\0b', '\x7f', '\x1b[0m', '😀', 'Ā']) {
    t.equal(
      reasonOf('x-a', value),
      'has a value with characters that HTTP does not allow',
      JSON.stringify(value),
    );
  }
});

t.test('a name given twice in different case is refused', async (t) => {
  t.strictSame(checkHeaders({ 'X-A': '1', 'x-a': '2' }), [
    { name: 'x-a', reason: 'is given twice' },
  ]);
});

t.test('no value that passes can end a header line', async () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (value) => {
      return checkHeaders({ 'x-a': value }).length > 0 || !/[\r\n\0]/.test(value);
    }),
  );
});
