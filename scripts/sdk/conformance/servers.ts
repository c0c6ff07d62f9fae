import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

export type Received = {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly atMs: number;
};

/** What a stub answers to one request. */
export type Scripted = {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** JSON, or text as it is. */
  readonly body?: unknown;
  readonly delay_ms?: number;
  /** The connection is cut instead. */
  readonly cut?: boolean;
};

export type Recorder = {
  readonly origin: string;
  readonly requests: readonly Received[];
  readonly close: () => Promise<void>;
};

/** A service that answers what the script says, and the last of it from then on. */
export function startStub(script: readonly Scripted[]): Promise<Recorder> {
  return startRecorder(async (_, count) => script[Math.min(count, script.length) - 1] ?? {});
}

/** A receiver of deliveries. It answers 500 to paths with `/failing`, and 204 to all others. */
export function startReceiver(): Promise<Recorder> {
  return startRecorder(async ({ path }) => ({ status: path.includes('/failing') ? 500 : 204 }));
}

async function startRecorder(
  answer: (request: Received, count: number) => Promise<Scripted>,
): Promise<Recorder> {
  const requests: Received[] = [];
  const server = createServer(async (request, response) => {
    const received = await read(request);
    requests.push(received);
    const {
      status = 200,
      headers,
      body,
      delay_ms: delayMs,
      cut,
    } = await answer(received, requests.length);
    if (delayMs !== undefined) await delay(delayMs);
    if (cut) return void request.socket.destroy();
    const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
    const type = status >= 400 ? 'application/problem+json' : 'application/json';
    response.writeHead(status, { 'content-type': type, ...headers }).end(text);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { origin: `http://127.0.0.1:${port}`, requests, close: () => close(server) };
}

async function read(request: IncomingMessage): Promise<Received> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return {
    method: request.method ?? '',
    path: request.url ?? '',
    headers: Object.fromEntries(
      Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
    ),
    body: Buffer.concat(chunks).toString(),
    atMs: performance.now(),
  };
}

async function close(server: Server): Promise<void> {
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
}
