import { verify as verifyGithub } from '@octokit/webhooks-methods';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';

/** What one event's requests have shown so far. */
export type Received = {
  /** The body of the request that was answered 204; undefined while none was. */
  body: Buffer | undefined;
  requestCount: number;
  /** Requests that were turned away. */
  refusedCount: number;
  /** Whether both signatures of every request verified. */
  isVerified: boolean;
};

export type Endpoint = {
  readonly url: string;
  readonly secret: string;
  /** By event id, which is what `webhook-id` carries. */
  readonly received: ReadonlyMap<string, Received>;
  /** When the latest request was answered 204, on the clock of `performance.now()`. */
  readonly lastDeliveredAtMs: number;
};

export type Receiver = {
  readonly createEndpoint: (path: string, secret: string) => Endpoint;
  readonly close: () => Promise<void>;
};

/** One event in this many has its first attempt turned away. */
const REFUSED_EVERY = 10;

const REFUSALS: readonly ((response: ServerResponse) => unknown)[] = [
  (response) => response.writeHead(500).end('out of paper'),
  (response) => response.writeHead(429).end('too many'),
  (response) => response.writeHead(302, { location: '/elsewhere' }).end(),
];

type Taker = (
  headers: IncomingHttpHeaders,
  body: Buffer,
  response: ServerResponse,
) => Promise<void>;

/** Verifies with the packages that receivers use, never with Posthorn's own code. */
async function isSigned(
  secret: string,
  headers: IncomingHttpHeaders,
  body: Buffer,
): Promise<boolean> {
  try {
    new Webhook(secret).verify(body, headers as Record<string, string>, { jsonParse: false });
  } catch {
    return false;
  }
  return verifyGithub(secret, body.toString(), String(headers['x-hub-signature-256']));
}

/** A webhook receiver on a free port, which now and then fails as receivers do. */
export async function startReceiver(): Promise<Receiver> {
  const takers = new Map<string, Taker>();

  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const take = takers.get(request.url ?? '');
    if (take === undefined) response.writeHead(404).end();
    else await take(request.headers, Buffer.concat(chunks), response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;

  function createEndpoint(path: string, secret: string): Endpoint {
    const received = new Map<string, Received>();
    let lastDeliveredAtMs = performance.now();

    takers.set(path, async (headers, body, response) => {
      const isVerified = await isSigned(secret, headers, body);
      const id = String(headers['webhook-id']);
      const event = received.get(id) ?? {
        body: undefined,
        requestCount: 0,
        refusedCount: 0,
        isVerified: true,
      };
      received.set(id, event);
      event.requestCount += 1;
      event.isVerified &&= isVerified;
      if (event.requestCount === 1 && received.size % REFUSED_EVERY === 0) {
        event.refusedCount += 1;
        REFUSALS[(received.size / REFUSED_EVERY) % REFUSALS.length]!(response);
        return;
      }
      event.body = body;
      lastDeliveredAtMs = performance.now();
      response.writeHead(204).end();
    });
    return {
      url: `http://127.0.0.1:${port}${path}`,
      secret,
      received,
      get lastDeliveredAtMs() {
        return lastDeliveredAtMs;
      },
    };
  }

  async function close(): Promise<void> {
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
  }

  return { createEndpoint, close };
}
