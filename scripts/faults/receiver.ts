import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What an event's receiver does with it. */
export type Behaviour = 'steady' | 'flaky' | 'slow';

export type Arrival = {
  readonly atMs: number;
  readonly attempt: number;
  readonly eventId: string;
  readonly deliveryId: string;
  readonly isTaken: boolean;
};

/** The receiving end of the campaign: everything that arrived, by the number in its payload. */
export type Receiver = {
  readonly port: number;
  /** Starts counting again and answers what is written down from now on. */
  reset(): Map<number, Arrival[]>;
  close(): void;
};

/** Longer than a job holds on to an attempt, so that it continues under a lease. */
const SLOW_MS = 900;
/** One of this many flaky events fails at first. */
const FAILS_EACH = 3;

export async function startReceiver(): Promise<Receiver> {
  let arrivals = new Map<number, Arrival[]>();

  function take(request: IncomingMessage, response: ServerResponse, body: string): void {
    const behaviour = request.url?.slice(1) as Behaviour;
    const { seq } = JSON.parse(body) as { seq: number };
    const attempt = Number(request.headers['x-attempt']);
    const isTaken = behaviour !== 'flaky' || seq % FAILS_EACH !== 0 || attempt > 1;
    const list = arrivals.get(seq) ?? [];
    arrivals.set(seq, list);
    list.push({
      atMs: performance.now(),
      attempt,
      eventId: String(request.headers['webhook-id']),
      deliveryId: String(request.headers['x-delivery-id']),
      isTaken,
    });
    const answer = () => void response.writeHead(isTaken ? 200 : 500).end();
    if (behaviour === 'slow') setTimeout(answer, SLOW_MS);
    else answer();
  }

  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('error', () => undefined);
    response.on('error', () => undefined);
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => take(request, response, Buffer.concat(chunks).toString()));
  });
  server.keepAliveTimeout = 30_000;
  server.listen(0, '127.0.0.1', 1_024);
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    reset() {
      arrivals = new Map();
      return arrivals;
    },
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
