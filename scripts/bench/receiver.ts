import { createHmac, createSecretKey, type KeyObject } from 'node:crypto';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { nowUs, TIME_DIGITS } from './clock.ts';
import { createMessageReader, header } from './http1.ts';
import { servePeer } from './peer.ts';
import { createSamples, type Summary } from './samples.ts';

/** What an endpoint does with a request: takes it, keeps silent, takes it 5 s later, refuses it. */
export type Behaviour = 'ok' | 'hang' | 'slow' | 'fail';

/** An endpoint at `/<number>`, the number being its place in the list. */
export type Endpoint = {
  readonly secret: string;
  readonly behaviour: Behaviour;
  /** Endpoints of one group are counted together. */
  readonly group: string;
};

export type Reception = {
  readonly received: number;
  /** Distinct (endpoint, webhook-id). */
  readonly distinct: number;
  /** Requests whose signature was wrong or that could not be understood. */
  readonly refused: number;
  readonly lastAtUs: number;
  /** From the time in the payload to the arrival here. */
  readonly latency: Summary;
};

export type ReceiverMethods = {
  /** Answers the port. */
  listen(): Promise<number>;
  setEndpoints(endpoints: readonly Endpoint[]): void;
  /** Forgets what was counted. */
  reset(): void;
  /** Resolves with whether a group got as many distinct deliveries before the time was up. */
  waitFor(group: string, distinct: number, timeoutMs: number): Promise<boolean>;
  report(group: string): Reception;
};

type Group = {
  received: number;
  distinct: number;
  refused: number;
  lastAtUs: number;
  samples: ReturnType<typeof createSamples>;
  awaited: number;
  reached: () => void;
};

type Known = { key: KeyObject; behaviour: Behaviour; group: Group; ids: Set<string> };

const SLOW_MS = 5_000;
const SECRET_PREFIX = 'whsec_';
/** Payloads begin so, and then comes the time. */
const TIME_START = '{"sent_us":"'.length;

/** Taken unseen, for measuring senders that do not sign. */
const PLAIN = 'POST /plain ';

const OK = Buffer.from('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n');
const UNAVAILABLE = Buffer.from('HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n');
const BAD_REQUEST = Buffer.from('HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n');

const groups = new Map<string, Group>();
let endpoints: Known[] = [];

function createGroup(): Group {
  return {
    received: 0,
    distinct: 0,
    refused: 0,
    lastAtUs: 0,
    samples: createSamples(),
    awaited: Number.POSITIVE_INFINITY,
    reached: () => undefined,
  };
}

function groupOf(name: string): Group {
  let group = groups.get(name);
  if (group === undefined) groups.set(name, (group = createGroup()));
  return group;
}

function isSigned(head: string, id: string, body: Buffer, key: KeyObject): boolean {
  const timestamp = header(head, 'webhook-timestamp');
  const signature = createHmac('sha256', key)
    .update(`${id}.${timestamp}.`)
    .update(body)
    .digest('base64');
  return header(head, 'webhook-signature')?.includes(signature) === true;
}

function take(socket: Socket, head: string, body: Buffer): void {
  const atUs = nowUs();
  if (head.startsWith(PLAIN)) return void socket.write(OK);
  const endpoint = endpoints[Number(head.slice(head.indexOf('/') + 1, head.indexOf(' ', 6)))];
  const id = header(head, 'webhook-id');
  if (endpoint === undefined || id === undefined) return void socket.write(BAD_REQUEST);
  const { group } = endpoint;
  group.received += 1;
  if (!isSigned(head, id, body, endpoint.key)) {
    group.refused += 1;
    return void socket.write(BAD_REQUEST);
  }
  answer(socket, endpoint.behaviour);
  if (endpoint.behaviour === 'fail' || endpoint.behaviour === 'hang') return;

  group.lastAtUs = atUs;
  const sentUs = Number(body.toString('latin1', TIME_START, TIME_START + TIME_DIGITS));
  group.samples.addUs(atUs - sentUs);
  const before = endpoint.ids.size;
  endpoint.ids.add(id);
  if (endpoint.ids.size === before) return;
  group.distinct += 1;
  if (group.distinct >= group.awaited) group.reached();
}

function answer(socket: Socket, behaviour: Behaviour): void {
  switch (behaviour) {
    case 'ok':
      return void socket.write(OK);
    case 'fail':
      return void socket.write(UNAVAILABLE);
    case 'slow':
      return void setTimeout(() => socket.write(OK), SLOW_MS);
    case 'hang':
  }
}

const server = createServer({ noDelay: true }, (socket) => {
  socket.on('error', () => undefined);
  socket.on(
    'data',
    createMessageReader((head, body) => take(socket, head, body)),
  );
});

const methods: ReceiverMethods = {
  listen() {
    return new Promise((resolve) => {
      server.listen(0, '127.0.0.1', 4_096, () => resolve((server.address() as AddressInfo).port));
    });
  },
  setEndpoints(list) {
    groups.clear();
    endpoints = list.map(({ secret, behaviour, group }) => ({
      key: createSecretKey(Buffer.from(secret.slice(SECRET_PREFIX.length), 'base64')),
      behaviour,
      group: groupOf(group),
      ids: new Set(),
    }));
  },
  reset() {
    for (const group of groups.values()) Object.assign(group, createGroup());
    for (const endpoint of endpoints) endpoint.ids.clear();
  },
  waitFor(name, distinct, timeoutMs) {
    const group = groupOf(name);
    if (group.distinct >= distinct) return Promise.resolve(true);
    return new Promise((resolve) => {
      const timer = setTimeout(() => finish(false), timeoutMs);
      function finish(isReached: boolean): void {
        clearTimeout(timer);
        group.awaited = Number.POSITIVE_INFINITY;
        resolve(isReached);
      }
      group.awaited = distinct;
      group.reached = () => finish(true);
    });
  },
  report(name) {
    const { received, distinct, refused, lastAtUs, samples } = groupOf(name);
    return { received, distinct, refused, lastAtUs, latency: samples.summary() };
  },
};

servePeer(methods);
