import { randomBytes } from 'node:crypto';
import t from 'tap';
import { MASK } from '../../src/subscriptions/mask.ts';
import { NOWHERE } from '../helpers/api.ts';
import { apiDocument } from '../helpers/contract.ts';
import { bearer, keyMaker } from '../helpers/keys.ts';
import { startReceiver } from '../helpers/receiver.ts';
import { startService, type Service } from '../helpers/service.ts';

const newKey = (): string => randomBytes(32).toString('base64');

/** Everyone who may ask, by what they may do. */
async function findCallers(service: Service) {
  const makeKey = keyMaker(service);
  const admin = bearer(await makeKey(['admin']));
  const openPortal = async (json: object) =>
    bearer(
      (await service.call('POST', '/tenants/acme/portal-session', { headers: admin, json })).body
        .token,
    );
  return {
    writers: { admin, portal: await openPortal({}) },
    readers: {
      read: bearer(await makeKey(['read'])),
      'read of a tenant': bearer(await makeKey(['read', 'publish'], 'acme')),
      'read-only portal': await openPortal({ read_only: true }),
    },
  };
}

for (const [storage, env] of [
  ['with a key', { SECRET_ENCRYPTION_KEY: newKey() }],
  ['without a key', { SECRET_ENCRYPTION_KEY: '' }],
] as const) {
  t.test(
    `who may only look sees no header value and no token of a target, ${storage}`,
    async (t) => {
      const service = await startService(t, { env });
      const { call } = service;
      const { writers, readers } = await findCallers(service);
      const receiver = await startReceiver(t);
      const path = 'services/T0Quince1/x9Quince0Kd2';
      const target = `${receiver.url}${path}?token=quince-query`;
      const shown = `${receiver.url}services/${MASK}/${MASK}?token=${MASK}`;
      const headers = { Authorization: 'Bearer quince', 'X-Team': 'quince-team' };
      const { body: created } = await call('POST', '/subscriptions', {
        headers: writers.admin,
        json: { tenant: 'acme', target_url: target, headers },
      });
      t.match(created, { target_url: target, headers });
      const { id } = created;

      t.equal(
        (await call('POST', `/subscriptions/${id}/test`, { headers: writers.admin })).body
          .target_url,
        shown,
      );
      const { body: accepted } = await call('POST', `/ingest/${id}`, {
        headers: { ...writers.admin, 'x-event-type': 'order.created' },
        json: {},
      });
      await service.call('GET', `/deliveries/${accepted.delivery_id}`, { headers: writers.admin });
      await receiver.received(2);
      for (const request of receiver.requests) {
        t.equal(request.url, `/${path}?token=quince-query`, 'it is sent whole');
        t.match(request.headers, { authorization: 'Bearer quince', 'x-team': 'quince-team' });
      }

      for (const [who, caller] of Object.entries(writers)) {
        t.match(
          (await call('GET', `/subscriptions/${id}`, { headers: caller })).body,
          { target_url: target, headers },
          who,
        );
        const { data } = (await call('GET', '/subscriptions', { headers: caller })).body;
        t.match(data, [{ target_url: target, headers }], who);
      }
      const ids: Record<string, string> = {
        subscriptions: id,
        status: id,
        deliveries: accepted.delivery_id,
        events: accepted.event_id,
      };
      const reads = apiDocument.operations.filter(
        ({ id: name, method }) => method === 'GET' && name !== 'openStream',
      );
      for (const [who, caller] of Object.entries(readers)) {
        t.match(
          (await call('GET', `/subscriptions/${id}`, { headers: caller })).body,
          { target_url: shown, headers: { Authorization: MASK, 'X-Team': MASK } },
          who,
        );
        const { data } = (await call('GET', '/subscriptions', { headers: caller })).body;
        t.match(data, [{ target_url: shown, headers: { Authorization: MASK } }], who);
        for (const { path: template } of reads) {
          const [, kind = ''] = template.split('/');
          const { text } = await call('GET', template.replace(/\{[^}]+\}/, ids[kind] ?? NOWHERE), {
            headers: caller,
          });
          t.notMatch(text, /quince/i, `${who}: ${template}`);
        }
        for (const [q, count] of [
          ['quince', 0],
          ['services', 1],
          ['token=q', 0],
        ] as const) {
          const found = await call('GET', `/subscriptions?q=${q}`, { headers: caller });
          t.equal(found.body.data.length, count, `${who}: no secret is found by guessing: ${q}`);
        }
      }
    },
  );
}

t.test('what was read masked does not overwrite what is hidden', async (t) => {
  const service = await startService(t, { hasWorker: false });
  const target = 'https://receiver.example/hooks?token=quince';
  const headers = { Authorization: 'Bearer quince', 'X-Team': 'core' };
  const { id } = await service.subscribe(target, { headers });
  const refused: [json: object, ...pointers: string[]][] = [
    [{ headers: { Authorization: MASK, 'X-Team': 'other' } }, '/headers/Authorization'],
    [{ target_url: `https://receiver.example/hooks?token=${MASK}` }, '/target_url'],
    [
      { target_url: `https://receiver.example/${MASK}`, headers: { A: MASK } },
      '/target_url',
      '/headers/A',
    ],
  ];
  for (const [json, ...pointers] of refused) {
    for (const method of ['PATCH', 'PUT']) {
      const { status, body } = await service.call(method, `/subscriptions/${id}`, { json });
      t.match({ status, ...body }, { status: 400, code: 'invalid_request', detail: /\*\*\*/ });
      t.strictSame(
        body.errors.map((one: { pointer: string }) => one.pointer),
        pointers,
      );
    }
  }
  t.equal(
    (await service.call('POST', '/subscriptions', { json: { target_url: `${target}&a=${MASK}` } }))
      .status,
    400,
  );
  t.match((await service.call('GET', `/subscriptions/${id}`)).body, {
    target_url: target,
    headers,
  });
});

t.test('a token that stands where a parameter has its name is kept', async (t) => {
  const service = await startService(t, { hasWorker: false });
  const target = 'https://receiver.example/hooks?QWxhZGRpbjpvcGVuIHNlc2FtZQ=';
  const { id } = await service.subscribe(target);
  const read = async () => (await service.call('GET', `/subscriptions/${id}`)).body;
  t.equal((await read()).target_url, target);
  await service.patch(id, { headers: { A: '1' } });
  t.match(await read(), { target_url: target, headers: { A: '1' } });
  for (const query of [MASK, `${MASK}=`]) {
    const json = { target_url: `https://receiver.example/hooks?${query}` };
    t.match(await service.call('PATCH', `/subscriptions/${id}`, { json }), { status: 400 }, query);
  }
});

t.test('each of target and headers changes without the other', async (t) => {
  const service = await startService(t, {
    hasWorker: false,
    env: { SECRET_ENCRYPTION_KEY: newKey() },
  });
  const read = async (id: string) => {
    const { target_url, headers } = (await service.call('GET', `/subscriptions/${id}`)).body;
    return { target_url, headers };
  };
  const first = 'https://receiver.example/hooks?token=quince';
  const { id } = await service.subscribe(first, { headers: { A: '1' } });
  await service.patch(id, { name: 'renamed' });
  t.strictSame(await read(id), { target_url: first, headers: { A: '1' } });
  await service.patch(id, { headers: { B: '2' } });
  t.strictSame(await read(id), { target_url: first, headers: { B: '2' } });
  await service.patch(id, { target_url: 'https://receiver.example/other' });
  t.strictSame(await read(id), {
    target_url: 'https://receiver.example/other',
    headers: { B: '2' },
  });
  await service.patch(id, { headers: {} });
  const {
    rows: [row],
  } = await service.pool.query(
    'select target_url, headers, sealed_target from posthorn.subscriptions where id = $1',
    [id],
  );
  t.strictSame(
    row,
    { target_url: 'https://receiver.example/other', headers: {}, sealed_target: null },
    'nothing to hide, nothing sealed',
  );
  await service.patch(id, { target_url: first, headers: { C: '3' } });
  await service.pool.query(
    `update posthorn.subscriptions set target_url = 'https://by-hand.example/' where id = $1`,
    [id],
  );
  t.strictSame(
    await read(id),
    { target_url: 'https://by-hand.example/', headers: { C: '3' } },
    'what was set by hand counts',
  );
});
