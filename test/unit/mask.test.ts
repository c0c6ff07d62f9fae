import fc from 'fast-check';
import t from 'tap';
import { isMaskedUrl, MASK, maskHeaders, maskUrl } from '../../src/subscriptions/mask.ts';

t.test('a target is shown without what may be a secret in it', async (t) => {
  const shown: [url: string, masked: string][] = [
    ['https://receiver.example', 'https://receiver.example'],
    ['https://receiver.example:8443/', 'https://receiver.example:8443/'],
    [
      'https://receiver.example/hooks/v1/order-events',
      'https://receiver.example/hooks/v1/order-events',
    ],
    [
      'http://127.0.0.1:9/webhook/IncomingWebhook/2048',
      'http://127.0.0.1:9/webhook/IncomingWebhook/2048',
    ],
    ['https://a.example/hook?token=quince', 'https://a.example/hook?token=***'],
    ['https://a.example/hook?a=1&b=&quince7Kd9x2', 'https://a.example/hook?a=***&b=&***'],
    ['https://a.example?key=quince', 'https://a.example?key=***'],
    ['https://a.example/hook#quince', 'https://a.example/hook#***'],
    [
      'https://chat.example/services/T0123ABCD/B0123ABCD/kEXampleQuinceTokenOfAPath',
      'https://chat.example/services/***/***/***',
    ],
    [
      'https://chat.example/api/webhooks/112233445566778899/quince_KD-92kfjaQQxkkd02kd9',
      'https://chat.example/api/webhooks/***/***',
    ],
    ['https://a.example/in/9f86d081884c7d659a2feaa0c55ad015', 'https://a.example/in/***'],
    ['https://a.example/in/0b1c7e2a-93f4-4d07-8a35-7f6a5a1f9d11', 'https://a.example/in/***'],
    ['https://a.example/bot123456:AAE-quince/send', 'https://a.example/***/send'],
    ['https://a.example/in/qu%69nce', 'https://a.example/in/***'],
    ['https://a.example/in/thequickbrownfoxjumpsover', 'https://a.example/in/***'],
    ['https://a.example/in/kqzvxwmprtylsdfghbnm', 'https://a.example/in/***'],
    ['https://a.example/in/ABCDEFGHIJKL-MNOPQRSTUVWX', 'https://a.example/in/***'],
    ['https://a.example/in/AB12-CD34.EF56', 'https://a.example/in/***'],
    ['https://a.example/in/1122334455-6677889900', 'https://a.example/in/***'],
    [
      'https://a.example/api/notifications/SMS/2026-11-29',
      'https://a.example/api/notifications/SMS/2026-11-29',
    ],
    ['https://a.example/hook?QWxhZGRpbjpvcGVuIHNlc2FtZQ=', 'https://a.example/hook?***'],
    ['https://a.example/hook?QWxhZGRpbjpvcGVuIHNlc2FtZQ==', 'https://a.example/hook?***'],
    ['https://a.example/hook?a=&b', 'https://a.example/hook?a=&b'],
    ['https://a.example/hook#', 'https://a.example/hook#'],
    ['https://a.example/hook?#', 'https://a.example/hook?#'],
    ['mailto:quince 7@a.example', '***'],
    ['https://a.example\\quince', 'https://a.example/***'],
    ['https://a.example/in/qui\tnce', 'https://a.example/***'],
    ['quince', '***'],
  ];
  for (const [url, masked] of shown) {
    t.equal(maskUrl(url), masked, url);
    t.equal(maskUrl(masked), masked, 'what is masked stays as it is');
    t.equal(isMaskedUrl(masked), masked.includes(MASK), `recognized: ${masked}`);
    t.notOk(isMaskedUrl(url));
  }
});

t.test('of headers the names are shown', async (t) => {
  t.strictSame(maskHeaders({ Authorization: 'Bearer quince', 'X-Environment': 'production' }), {
    Authorization: MASK,
    'X-Environment': MASK,
  });
  t.strictSame(maskHeaders({}), {});
});

t.test(
  'what is shown of a target is recognized as masked wherever something is hidden',
  async () => {
    const text = fc.oneof(
      fc.constantFrom(
        '',
        'hook',
        MASK,
        'QWxhZGRpbjpvcGVuIHNlc2FtZQ',
        'ORDER-EVENTS',
        '#',
        '?',
        '=',
      ),
      fc.string(),
      fc.base64String(),
    );
    const joined = (separator: string, one: fc.Arbitrary<string>) =>
      fc.array(one, { maxLength: 4 }).map((parts) => parts.join(separator));
    const url = fc
      .tuple(
        fc.constantFrom('https://a.example', 'http://127.0.0.1:9', 'HTTPS://', 'mailto:', ''),
        joined('/', text),
        fc.option(joined('&', joined('=', text))),
        fc.option(text),
      )
      .map(
        ([start, path, query, fragment]) =>
          `${start}/${path}${query === null ? '' : `?${query}`}${fragment === null ? '' : `#${fragment}`}`,
      );
    fc.assert(
      fc.property(
        fc.oneof(url, fc.webUrl({ withQueryParameters: true, withFragments: true }), text),
        (whole) => {
          const masked = maskUrl(whole);
          return maskUrl(masked) === masked && (masked === whole || isMaskedUrl(masked));
        },
      ),
      { numRuns: 5_000 },
    );
  },
);

t.test('a masked name of a parameter is recognized however it is written back', async (t) => {
  for (const query of [MASK, `${MASK}=`, `${MASK}=a`, `a=${MASK}`, `a=1&${MASK}=`]) {
    t.ok(isMaskedUrl(`https://a.example/hook?${query}`), query);
  }
  for (const query of ['', 'a=', '=', `a=${MASK}b`, `a${MASK}=`]) {
    t.notOk(isMaskedUrl(`https://a.example/hook?${query}`), query);
  }
});
