import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import t, { type Test } from 'tap';
import { startReceiver } from '../helpers/receiver.ts';
import { startService } from '../helpers/service.ts';
import { until } from '../helpers/until.ts';

type Span = {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  kind: number;
  attributes: Record<string, unknown>;
  status: { code?: number; message?: string };
};

/** An OpenTelemetry collector as far as OTLP over HTTP in JSON goes. */
async function startCollector(t: Test) {
  const spans: Span[] = [];
  const resources: Record<string, unknown>[] = [];
  const paths: string[] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    const { resourceSpans } = JSON.parse(body);
    paths.push(request.url ?? '');
    for (const { scopeSpans, resource } of resourceSpans) {
      resources.push(
        Object.fromEntries(
          resource.attributes.map(({ key, value }: any) => [key, Object.values(value)[0]]),
        ),
      );
      for (const { spans: found } of scopeSpans) {
        for (const span of found) {
          const attributes = span.attributes.map(({ key, value }: any) => [
            key,
            Object.values(value)[0],
          ]);
          spans.push({ ...span, attributes: Object.fromEntries(attributes) });
        }
      }
    }
    response
      .writeHead(request.url?.endsWith('/traces') ? 200 : 404, {
        'content-type': 'application/json',
      })
      .end('{}');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(
    () =>
      new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
      }),
  );
  return {
    spans,
    resources,
    paths,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
  };
}

t.test('one trace goes from accepting through every attempt to the receiver', async (t) => {
  const collector = await startCollector(t);
  const { subscribe, ingest, publish, untilDelivery } = await startService(t, {
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url },
  });
  const receiver = await startReceiver(t, [500, 200, 200]);
  const { id } = await subscribe(receiver.url, { retry_schedule: '1s' });
  const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
  const { event_id: eventId, delivery_id: deliveryId } = await ingest(id, '{}', {
    headers: { traceparent: `00-${traceId}-00f067aa0ba902b7-01` },
  });
  await untilDelivery(deliveryId, 'delivered');

  const ofTrace = await until(() => {
    const found = collector.spans.filter((span) => span.traceId === traceId);
    return found.length === 3 && found;
  });
  const accept = ofTrace.find(({ name }) => name === 'posthorn.accept') as Span;
  t.match(accept, {
    parentSpanId: '00f067aa0ba902b7',
    attributes: {
      'posthorn.tenant': 'default',
      'posthorn.event_type': 'order.created',
      'posthorn.event_id': eventId,
    },
  });
  const attempts = ofTrace
    .filter(({ name }) => name === 'posthorn.attempt')
    .sort(
      (a, b) =>
        Number(a.attributes['posthorn.attempt_number']) -
        Number(b.attributes['posthorn.attempt_number']),
    );
  t.ok(attempts.every(({ parentSpanId }) => parentSpanId === accept.spanId));
  t.match(attempts, [
    {
      attributes: { 'posthorn.delivery_id': deliveryId, 'http.response.status_code': 500 },
      status: { message: 'rejected' },
    },
    { attributes: { 'posthorn.delivery_id': deliveryId, 'http.response.status_code': 200 } },
  ]);
  t.strictSame(
    receiver.requests.map(({ headers }) => headers['traceparent']),
    attempts.map(({ spanId }) => `00-${traceId}-${spanId}-01`),
    'each request names its own span',
  );

  await publish({ event_type: 'order.paid', payload: 1, headers: { 'X-Mine': 'kept' } });
  const [, , own] = await until(() => receiver.requests.length === 3 && receiver.requests);
  t.match(own?.headers, { 'x-mine': 'kept', traceparent: /^00-[\da-f]{32}-[\da-f]{16}-01$/ });
  t.notMatch(
    own?.headers['traceparent'],
    traceId,
    "without a trace of the sender's a new one begins",
  );
});

t.test('tracing changes neither idempotency nor the payload', async (t) => {
  const collector = await startCollector(t);
  const { publish, subscribe } = await startService(t, {
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: `${collector.url}/` },
  });
  const receiver = await startReceiver(t);
  await subscribe(receiver.url);
  const event = { event_type: 'a', payload: { n: 1 } };
  const first = await publish(event, { 'idempotency-key': 'k' });
  const second = await publish(event, { 'idempotency-key': 'k' });
  t.equal(first.id, second.id);
  t.equal((await receiver.next()).body.toString(), '{"n":1}');
});

t.test("OpenTelemetry's own variables say who this is and where traces go", async (t) => {
  const collector = await startCollector(t);
  const { publish } = await startService(t, {
    hasWorker: false,
    env: {
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9',
      OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${collector.url}/own/traces`,
      OTEL_SERVICE_NAME: 'hooks-staging',
      OTEL_RESOURCE_ATTRIBUTES: 'service.name=ignored, deployment.environment.name=a%2Cb',
    },
  });
  await publish({ event_type: 'a', payload: 1 });
  const [resource] = await until(() => collector.resources.length > 0 && collector.resources);
  t.match(resource, {
    'service.name': 'hooks-staging',
    'deployment.environment.name': 'a,b',
    'service.version': '0.0.0-test',
  });
  t.equal(collector.paths[0], '/own/traces');
});

t.test('what vendors add to a trace is passed on with it', async (t) => {
  const collector = await startCollector(t);
  const { subscribe, ingest, publish, untilDelivery } = await startService(t, {
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url },
  });
  const receiver = await startReceiver(t, [500, 200, 200, 200]);
  const { id } = await subscribe(receiver.url, { retry_schedule: '1s' });
  const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
  const tracestate = 'vendor=a,other=b:1';
  const { delivery_id: deliveryId } = await ingest(id, '{}', {
    headers: { traceparent, tracestate },
  });
  await untilDelivery(deliveryId, 'delivered');
  await publish({ event_type: 'a', payload: 1 }, { traceparent, tracestate });
  await publish({ event_type: 'a', payload: 1 }, { tracestate });
  const requests = await receiver.received(4);
  t.strictSame(
    requests.map(({ headers }) => headers['tracestate']).sort(),
    [tracestate, tracestate, tracestate, undefined],
    'and not without one',
  );
});

t.test('tracing is off unless it is configured', async (t) => {
  const { subscribe, ingest, untilDelivery, pool, runtime } = await startService(t);
  const receiver = await startReceiver(t);
  const { id } = await subscribe(receiver.url);
  const { delivery_id: deliveryId, event_id: eventId } = await ingest(id, '{}', {
    headers: { traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01' },
  });
  await untilDelivery(deliveryId, 'delivered');
  t.equal(runtime.instruments.tracing, undefined);
  t.equal(receiver.requests[0]?.headers['traceparent'], undefined);
  const { rows } = await pool.query('select headers from posthorn.events where id = $1', [eventId]);
  t.strictSame(rows, [{ headers: null }]);
});

t.test('a collector that does not answer holds nothing up', async (t) => {
  const { subscribe, ingest, untilDelivery } = await startService(t, {
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9' },
  });
  const receiver = await startReceiver(t);
  const { id } = await subscribe(receiver.url);
  const { delivery_id: deliveryId } = await ingest(id);
  t.match(await untilDelivery(deliveryId, 'delivered'), { attempt_count: 1 });
});
