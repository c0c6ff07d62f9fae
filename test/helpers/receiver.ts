import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';

/** What arrived, byte for byte. */
export interface ReceivedRequest {
  method: string;
  url: string;
  headers: IncomingHttpHeaders;
  /** Names and values alternating, as they came over the wire. */
  rawHeaders: string[];
  body: Buffer;
  receivedAtMs: number;
}

export interface ScriptedAnswer {
  status?: number;
  headers?: Record<string, string>;
  body?: string | Buffer;
  delayMs?: number;
}

/**
 * How a request is answered: a status, a scripted answer, or a way to misbehave.
 * - `hang`: never answers
 * - `reset`: breaks the connection with a TCP reset; `close`: ends it without an answer
 * - `trickle`: sends a byte of body every 50 ms, for ever
 * - `endless-headers`, `endless-body`, `endless-continue`: sends that as fast as it is read
 * - `garbage`: answers in no known protocol; `cut`: breaks off in the middle of the body
 */
export type Answer =
  | number
  | ScriptedAnswer
  | 'hang'
  | 'reset'
  | 'close'
  | 'trickle'
  | 'endless-headers'
  | 'endless-body'
  | 'endless-continue'
  | 'garbage'
  | 'cut'
  | ((request: ReceivedRequest, response: ServerResponse) => void);

/** One answer for all requests, or a sequence whose last one repeats. */
export type Behaviour = Answer | Answer[] | { byRequest: (request: ReceivedRequest) => Answer };

export interface Receiver {
  url: string;
  port: number;
  requests: ReceivedRequest[];
  /** The number of connections accepted so far. */
  readonly connectionCount: number;
  readonly openConnectionCount: number;
  /** The first request that no earlier call of `next` has returned. */
  next(): Promise<ReceivedRequest>;
  /** Resolves when that many requests have arrived since the start. */
  received(count: number): Promise<ReceivedRequest[]>;
  behave(behaviour: Behaviour): void;
  close(): Promise<void>;
}

export interface ReceiverOptions {
  host?: string;
  port?: number;
  /** Speaks TLS with this certificate. */
  tls?: { cert: string; key: string };
}

interface Teardown {
  teardown(fn: () => unknown): void;
}

/** Starts a receiver on a free port of 127.0.0.1 that ends with the test. */
export async function startReceiver(
  t: Teardown,
  behaviour: Behaviour = 200,
  { host = '127.0.0.1', port = 0, tls }: ReceiverOptions = {},
): Promise<Receiver> {
  const requests: ReceivedRequest[] = [];
  const sockets = new Set<Socket>();
  const waiters = new Set<() => void>();
  let connectionCount = 0;
  let taken = 0;
  let answerOf = toAnswerOf(behaviour);

  async function serve(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const request = await readRequest(message);
    requests.push(request);
    for (const wake of waiters) wake();
    play(answerOf(request), request, response);
  }
  const onRequest = (message: IncomingMessage, response: ServerResponse): void =>
    // A sender that breaks off has sent no request.
    void serve(message, response).catch(() => {});
  const server = tls ? createTlsServer(tls, onRequest) : createServer(onRequest);
  // Hostile answers must not be cut short by the server's own limits.
  server.requestTimeout = 0;
  server.on('connection', (socket: Socket) => {
    connectionCount += 1;
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
  });
  server.listen(port, host);
  await once(server, 'listening');
  t.teardown(close);

  function received(count: number): Promise<ReceivedRequest[]> {
    return new Promise((resolve) => {
      const wake = (): void => {
        if (requests.length < count) return;
        waiters.delete(wake);
        resolve(requests.slice(0, count));
      };
      waiters.add(wake);
      wake();
    });
  }

  async function close(): Promise<void> {
    if (!server.listening) return;
    const closed = once(server, 'close');
    server.close();
    for (const socket of sockets) socket.destroy();
    await closed;
  }

  const address = server.address() as AddressInfo;
  const authority = host.includes(':') ? `[${host}]` : host;
  return {
    url: tls ? `https://localhost:${address.port}/` : `http://${authority}:${address.port}/`,
    port: address.port,
    requests,
    get connectionCount() {
      return connectionCount;
    },
    get openConnectionCount() {
      return sockets.size;
    },
    async next() {
      taken += 1;
      const index = taken - 1;
      return (await received(index + 1))[index]!;
    },
    received,
    behave(next) {
      answerOf = toAnswerOf(next);
    },
    close,
  };
}

async function readRequest(message: IncomingMessage): Promise<ReceivedRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk);
  return {
    method: message.method!,
    url: message.url!,
    headers: message.headers,
    rawHeaders: message.rawHeaders,
    body: Buffer.concat(chunks),
    receivedAtMs: Date.now(),
  };
}

function toAnswerOf(behaviour: Behaviour): (request: ReceivedRequest) => Answer {
  if (typeof behaviour === 'object' && 'byRequest' in behaviour) return behaviour.byRequest;
  const answers = Array.isArray(behaviour) ? [...behaviour] : [behaviour];
  return () => (answers.length > 1 ? answers.shift()! : answers[0]!);
}

function play(answer: Answer, request: ReceivedRequest, response: ServerResponse): void {
  if (typeof answer === 'function') {
    answer(request, response);
  } else if (typeof answer === 'string') {
    MISBEHAVIOURS[answer](response.socket!, response);
  } else {
    const {
      status = 200,
      headers,
      body,
      delayMs = 0,
    } = typeof answer === 'number' ? { status: answer } : answer;
    const reply = (): void => void response.writeHead(status, headers).end(body);
    if (delayMs === 0) reply();
    else untilClosed(response, setTimeout(reply, delayMs));
  }
}

const MISBEHAVIOURS: Record<
  Extract<Answer, string>,
  (socket: Socket, response: ServerResponse) => void
> = {
  hang() {},
  reset: (socket) => void socket.resetAndDestroy(),
  close: (socket) => void socket.destroy(),
  trickle(_socket, response) {
    response.writeHead(200).write('.');
    untilClosed(
      response,
      setInterval(() => response.write('.'), 50),
    );
  },
  'endless-headers': (socket) => flood(socket, 'HTTP/1.1 200 OK\r\n', 'x-header: value\r\n'),
  'endless-body': (socket) =>
    flood(socket, 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n', '4\r\nbody\r\n'),
  'endless-continue': (socket) => flood(socket, '', 'HTTP/1.1 103 Early Hints\r\n\r\n'),
  garbage: (socket) => void socket.end('SSH-2.0-OpenSSH_9.6\r\n\r\n'),
  cut: (socket) => void socket.end('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nonly this'),
};

/** Writes for as long as the other side reads. */
function flood(socket: Socket, start: string, unit: string): void {
  const chunk = unit.repeat(Math.ceil(1_024 / unit.length));
  const pump = (): void => {
    while (!socket.destroyed && socket.write(chunk)) {
      // Yields below, so that one process can hold both ends.
      if (socket.writableLength === 0) return void setImmediate(pump);
    }
  };
  socket.on('drain', pump);
  socket.write(start);
  pump();
}

function untilClosed(response: ServerResponse, timer: NodeJS.Timeout): void {
  response.once('close', () => clearTimeout(timer));
}
