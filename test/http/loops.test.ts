import t, { type Test } from 'tap';
import { bearer } from '../helpers/keys.ts';
import { startReceiver } from '../helpers/receiver.ts';
import { startRelay } from '../helpers/relay.ts';
import { startService, type Service } from '../helpers/service.ts';
import { until } from '../helpers/until.ts';

// Processes and rings take their time on a busy machine.
t.setTimeout(300_000);

const ROOT = 'root-key-of-the-environment';
const admin = bearer(ROOT);
/** The event that was sent, and one for each hop that is allowed. */
const EVENTS_OF_A_RING = 4;

type Subscribed = { id: string; secret: string };

async function startKeyed(t: Test) {
  const service = await startService(t, { env: { API_KEYS: ROOT } });
  return { ...service, relay: await startRelay(t, service.address) };
}

async function subscribe(
  { call }: Pick<Service, 'call'>,
  json: object,
  headers: Record<string, string> = admin,
): Promise<Subscribed> {
  const { status, body, text } = await call('POST', '/subscriptions', { headers, json });
  if (status !== 201) throw new Error(`answered ${status}: ${text}`);
  return body;
}

async function retarget({ call }: Pick<Service, 'call'>, { id }: Subscribed, targetUrl: string) {
  await call('PATCH', `/subscriptions/${id}`, { headers: admin, json: { target_url: targetUrl } });
}

/** What the service holds of these tenants once nothing of it moves any more. */
async function settled(
  { pool }: Pick<Service, 'pool'>,
  ...tenants: string[]
): Promise<{ events: number; reasons: (string | null)[] }> {
  await until(
    async () => {
      const {
        rows: [found],
      } = await pool.query(
        `select exists (
        select from posthorn.deliveries where tenant = any ($1) and completed_at is null) as is_moving,
      exists (select from posthorn.events where tenant = any ($1)) as is_begun`,
        [tenants],
      );
      return found.is_begun && !found.is_moving;
    },
    { what: 'the ring to come to rest' },
  );
  const { rows: events } = await pool.query('select from posthorn.events where tenant = any ($1)', [
    tenants,
  ]);
  const { rows } = await pool.query(
    'select reason from posthorn.deliveries where tenant = any ($1) order by id',
    [tenants],
  );
  return { events: events.length, reasons: rows.map(({ reason }) => reason) };
}

const service = await startKeyed(t);
const { relay } = service;
/** Answers everything on this machine. */
const keyless = await startService(t);
const keylessRelay = await startRelay(t, keyless.address);

const chained = { headers: { Authorization: `Bearer ${ROOT}` } };

t.test('a ring of subscriptions comes to rest after a few hops', async (t) => {
  for (const length of [1, 2, 3]) {
    t.test(`of length ${length}`, async (t) => {
      const tenants = Array.from({ length }, (_, index) => `ring-of-${length}-${index}`);
      const ring: Subscribed[] = [];
      const before = relay.count;
      for (let index = 0; index < length; index += 1) {
        ring.push(
          await subscribe(service, {
            tenant: tenants[index],
            target_url: 'http://127.0.0.1:1111/',
            ...chained,
          }),
        );
      }
      for (const [index, one] of ring.entries()) {
        await retarget(service, one, `${relay.url}/ingest/${ring[(index + 1) % length]?.id}`);
      }
      await service.post(`/ingest/${ring[0]?.id}`, '{}', admin);
      const { events, reasons } = await settled(service, ...tenants);
      t.equal(events, EVENTS_OF_A_RING);
      t.strictSame(reasons, [null, null, null, 'loop_detected']);
      t.equal(relay.count - before, EVENTS_OF_A_RING, 'what was refused is not sent again');
    });
  }
});

t.test('the delivery that closes a ring ends with what the receiver said', async (t) => {
  const self = await subscribe(service, {
    tenant: 'self',
    target_url: 'http://127.0.0.1:1111/',
    ...chained,
  });
  await retarget(service, self, `${relay.url}/ingest/${self.id}`);
  await service.post(`/ingest/${self.id}`, '{}', admin);
  await settled(service, 'self');
  const { body } = await service.call('GET', '/deliveries?tenant=self&reason=loop_detected', {
    headers: admin,
  });
  t.match(body.data, [{ status: 'failed', reason: 'loop_detected', attempt_count: 1 }]);
  const attempts = await service.call('GET', `/deliveries/${body.data[0].id}/attempts`, {
    headers: admin,
  });
  t.match(attempts.body.data, [
    { outcome: 'failure', status_code: 508, response_headers: { 'posthorn-hops': '3' } },
  ]);
  t.match(JSON.parse(attempts.body.data[0].response_body), {
    code: 'loop_detected',
    detail: /form a loop/,
  });
  const { body: subscription } = await service.call('GET', `/subscriptions/${self.id}`, {
    headers: admin,
  });
  t.equal(subscription.status, 'active', 'events of others still go out');
});

t.test('a ring through POST /events and an envelope comes to rest too', async (t) => {
  const body = JSON.stringify({ event_type: 'a.b', payload: null });
  const ring = JSON.stringify({ event_type: 'a.b', payload: { event_type: 'a.b', payload: {} } });
  t.match(await service.post('/events', body, { ...admin, 'posthorn-hops': '4' }), {
    status: 508,
    body: { code: 'loop_detected' },
  });
  await subscribe(service, { target_url: `${relay.url}/events`, ...chained });
  t.equal((await service.post('/events', ring, { ...admin, 'posthorn-hops': '3' })).status, 202);
  t.strictSame(await settled(service, 'default'), { events: 1, reasons: ['loop_detected'] });

  const { id } = await subscribe(service, {
    tenant: 'other',
    target_url: `${relay.url}/ingest`,
    ...chained,
  });
  const envelope = JSON.stringify({ subscription_id: id, event_type: 'a.b', body: {} });
  t.match(await service.post('/ingest', envelope, { ...admin, 'posthorn-hops': '4' }), {
    status: 508,
  });
  t.equal(
    (await service.post('/ingest', envelope, { ...admin, 'posthorn-hops': '3' })).status,
    202,
  );
  t.strictSame((await settled(service, 'other')).reasons, ['loop_detected']);
});

t.test('a ring through two services comes to rest', async (t) => {
  const [one, two] = [service, { ...keyless, relay: keylessRelay }];
  const first = await subscribe(one, {
    tenant: 'first',
    target_url: 'http://127.0.0.1:1111/',
    ...chained,
  });
  const second = await subscribe(two, {
    tenant: 'second',
    target_url: `${one.relay.url}/ingest/${first.id}`,
    ...chained,
  });
  await retarget(one, first, `${two.relay.url}/ingest/${second.id}`);
  await one.post(`/ingest/${first.id}`, '{}', admin);
  await until(async () => (await settled(two, 'second')).reasons.includes('loop_detected'), {
    what: 'the ring to come to rest',
  });
  t.equal(
    (await settled(one, 'first')).events + (await settled(two, 'second')).events,
    EVENTS_OF_A_RING,
  );
});

t.test(
  'without any key, where everything on this machine may come in, a ring comes to rest',
  async (t) => {
    const self = await keyless.subscribe('http://127.0.0.1:1111/');
    await keyless.patch(self.id, { target_url: `${keylessRelay.url}/ingest/${self.id}` });
    await keyless.ingest(self.id);
    t.equal((await settled(keyless, 'default')).events, EVENTS_OF_A_RING);
  },
);

t.test(
  'a portal session cannot start a loop: no delivery is let in by its signature',
  async (t) => {
    const {
      body: { token },
    } = await service.call('POST', '/tenants/acme/portal-session', {
      headers: admin,
      json: {},
    });
    const portal = bearer(token);
    const self = await subscribe(service, {
      tenant: 'acme',
      target_url: 'https://receiver.example/',
    });
    for (const signature_schemes of [
      ['standard-webhooks'],
      ['github'],
      ['standard-webhooks', 'github'],
    ]) {
      const { status, text } = await service.call('PATCH', `/subscriptions/${self.id}`, {
        headers: portal,
        json: { target_url: `${relay.url}/ingest/${self.id}`, signature_schemes },
      });
      if (status !== 200) throw new Error(text);
      const { body: attempt } = await service.call('POST', `/subscriptions/${self.id}/test`, {
        headers: portal,
      });
      t.equal(attempt.status_code, 401);
      t.match(JSON.parse(attempt.response_body), {
        code: 'unauthorized',
        detail: /not let in by its signature.*API key/,
      });
    }
    const { rows } = await service.pool.query(`select from posthorn.events where tenant = 'acme'`);
    t.equal(rows.length, 3, 'the test events alone');
  },
);

t.test('a delivery is known by its other headers where something dropped the hops', async (t) => {
  const receiver = await startReceiver(t);
  const { id } = await subscribe(service, { tenant: 'dropped', target_url: receiver.url });
  await service.post(`/ingest/${id}`, '{"a":1}', admin);
  const { body, headers } = await receiver.next();
  t.equal(headers['posthorn-hops'], '1');
  const send = (names: string[]) =>
    service.post(
      `/ingest/${id}`,
      body,
      Object.fromEntries(names.map((name) => [name, String(headers[name])])),
    );
  const signature = ['webhook-id', 'webhook-timestamp', 'webhook-signature'];
  t.equal((await send([...signature, 'x-delivery-id', 'x-attempt'])).status, 401);
  t.equal((await send([...signature, 'posthorn-hops'])).status, 401);
  t.equal((await send(signature)).status, 202, 'another sender with the secret is let in');
});

t.test('the hops that come back are those of the event, one more', async (t) => {
  const receiver = await startReceiver(t);
  const { id } = await subscribe(service, { tenant: 'hops', target_url: receiver.url });
  for (const [given, sent] of [
    ['0', '1'],
    ['2', '3'],
    ['3', '4'],
  ] as const) {
    t.equal(
      (await service.post(`/ingest/${id}`, '{}', { ...admin, 'posthorn-hops': given })).status,
      202,
    );
    t.equal((await receiver.next()).headers['posthorn-hops'], sent);
  }
  for (const given of ['4', '9999', '10000', '-1', '1, 1', 'x', '']) {
    t.match(
      await service.post(`/ingest/${id}`, '{}', { ...admin, 'posthorn-hops': given }),
      {
        status: 508,
        body: { code: 'loop_detected' },
      },
      JSON.stringify(given),
    );
  }
  for (const name of ['Posthorn-Hops', 'posthorn-anything']) {
    t.match(
      await service.call('POST', '/subscriptions', {
        headers: admin,
        json: { target_url: receiver.url, headers: { [name]: '0' } },
      }),
      { status: 400, body: { errors: [{ pointer: `/headers/${name}` }] } },
    );
    const event = { event_type: 'a.b', payload: 1, tenant: 'hops', headers: { [name]: '0' } };
    t.equal((await service.post('/events', JSON.stringify(event), admin)).status, 400, name);
  }
});

t.test(
  'a repeat of a request is the same request, however many hops it has behind it',
  async (t) => {
    const event = JSON.stringify({
      tenant: 'repeated',
      event_type: 'a.b',
      payload: {},
      headers: { 'x-a': '1' },
    });
    const headers = { ...admin, 'idempotency-key': 'once' };
    const first = await service.post('/events', event, { ...headers, 'posthorn-hops': '1' });
    t.strictSame(
      (await service.post('/events', event, { ...headers, 'posthorn-hops': '2' })).body,
      first.body,
    );
  },
);

t.test('a delivery does nothing at this API but send events in', async (t) => {
  const { id } = await keyless.subscribe('http://127.0.0.1:1111/');
  for (const path of [
    '/api-keys',
    '/subscriptions',
    `/subscriptions/${id}/test`,
    `/subscriptions/${id}/replay`,
    '/tenants/acme/portal-session',
  ]) {
    await keyless.patch(id, { target_url: `${keylessRelay.url}${path}` });
    const { status, body } = await keyless.call('POST', `/subscriptions/${id}/test`);
    t.equal(status, 200);
    t.equal(body.status_code, 403, path);
  }
  t.equal((await keyless.pool.query('select from posthorn.api_keys')).rows.length, 0);
});

t.test('operational events that come back in are refused and set nothing off', async (t) => {
  const broken = await subscribe(service, {
    tenant: 'ops',
    target_url: 'http://127.0.0.1:1111/',
    retry_schedule: 'none',
    event_types: ['a.b'],
  });
  const told = await subscribe(service, {
    tenant: 'ops',
    event_types: ['posthorn.*'],
    ...chained,
    target_url: `${relay.url}/ingest/${broken.id}`,
  });
  await service.call('PATCH', `/subscriptions/${broken.id}`, {
    headers: admin,
    json: { event_types: null },
  });
  await service.post(`/ingest/${broken.id}`, '{}', { ...admin, 'x-event-type': 'a.b' });
  const attempts = `/subscriptions/${told.id}/attempts`;
  await until(
    async () => {
      const { body } = await service.call('GET', attempts, { headers: admin });
      return body.data.some(({ status_code }: { status_code: number }) => status_code === 422);
    },
    { what: 'the operational event to be refused' },
  );
  t.equal((await settled(service, 'ops')).events, 2, 'sent, and told');
});

t.test('only a Posthorn that says so ends a delivery with 508', async (t) => {
  const busy = await startReceiver(t, 508);
  const { id } = await keyless.subscribe(busy.url);
  const { delivery_id: deliveryId } = await keyless.ingest(id);
  t.match(await keyless.untilDelivery(deliveryId, 'retry_scheduled'), { status: 'pending' });
});

t.test('a target that is visibly this service is refused at the door', async (t) => {
  const { port } = new URL(keyless.address);
  const { id } = await keyless.subscribe('http://127.0.0.1:1111/');
  const asked = async (target_url: string) =>
    await keyless.call('PATCH', `/subscriptions/${id}`, { json: { target_url } });
  for (const url of [
    `http://127.0.0.1:${port}/ingest/${id}`,
    `http://localhost:${port}/events`,
    `http://127.1:${port}/ingest`,
    `http://0x7f000001:${port}/%65vents?a=b`,
    `http://127.0.0.1:${port}/subscriptions/${id}/test`,
  ]) {
    t.match(
      await asked(url),
      {
        status: 422,
        body: { code: 'forbidden_target', errors: [{ pointer: '/target_url', detail: /a loop/ }] },
      },
      url,
    );
  }
  for (const url of [
    `http://127.0.0.1:${port}/webhook`,
    `http://127.0.0.1:${port}/`,
    `http://127.0.0.1:${Number(port) - 1}/events`,
    `${keylessRelay.url}/events`,
  ]) {
    t.equal((await asked(url)).status, 200, url);
  }
  await keyless.pool.query('update posthorn.subscriptions set target_url = $2 where id = $1', [
    id,
    `${keyless.address}/ingest/${id}`,
  ]);
  await until(
    async () => (await keyless.call('POST', `/subscriptions/${id}/test`)).status === 422,
    {
      what: 'a test send to be refused',
    },
  );
});
