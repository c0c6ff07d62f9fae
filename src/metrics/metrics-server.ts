import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { Metrics } from './metrics.ts';

export type MetricsServer = { readonly port: number; stop(): Promise<void> };

/** `/metrics`, `/health` and `/ready`, for processes without the API. @throws the error of listening */
export async function startMetricsServer({
  metrics,
  host,
  port,
  isReady,
}: {
  metrics: Metrics;
  host: string;
  port: number;
  isReady(): boolean;
}): Promise<MetricsServer> {
  const server = createServer((request, response) => {
    if (request.method === 'GET' && request.url === '/health') {
      response.writeHead(200, { 'content-type': 'application/json' }).end('{"status":"ok"}');
      return;
    }
    if (request.method === 'GET' && request.url === '/ready') {
      const [status, text] = isReady() ? ([200, 'ready'] as const) : ([503, 'not_ready'] as const);
      response
        .writeHead(status, { 'content-type': 'application/json' })
        .end(JSON.stringify({ status: text }));
      return;
    }
    if (request.method !== 'GET' || request.url !== '/metrics') {
      response.writeHead(404).end();
      return;
    }
    metrics.render().then(
      ({ contentType, text }) => response.writeHead(200, { 'content-type': contentType }).end(text),
      () => response.writeHead(500).end(),
    );
  });
  server.listen(port, host);
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
