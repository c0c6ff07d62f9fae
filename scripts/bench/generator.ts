import { connect, type Socket } from 'node:net';
import { nowUs, TIME_DIGITS } from './clock.ts';
import { createMessageReader, statusCode } from './http1.ts';
import { servePeer } from './peer.ts';
import { createSamples, type Summary } from './samples.ts';

export type Load = {
  readonly port: number;
  /** Events go round these types. All of one length. */
  readonly eventTypes: readonly string[];
  readonly payloadBytes: number;
  readonly seconds: number;
  /** Ends the load before its time is up. */
  readonly maxEvents?: number;
  /**
   * `clients` publish without a pause, each waiting for its answer; or events are published at a
   * rate, whatever the answers do, and their latency counts from when they were due. The connections
   * for that are there before: a service takes one a turn of its loop, so that hundreds opened in a
   * bad moment would measure their opening.
   */
  readonly pace: { readonly clients: number } | { readonly perSecond: number };
};

export type Publication = {
  readonly sent: number;
  readonly accepted: number;
  /** Everything else that came of a request, counted by status or error. */
  readonly errors: Readonly<Record<string, number>>;
  readonly startedAtUs: number;
  readonly endedAtUs: number;
  /** From sending, or from when it was due, to the 202. */
  readonly latency: Summary;
};

export type GeneratorMethods = { publish(load: Load): Promise<Publication> };

const CONNECTIONS = 256;
const TICK_MS = 1;
const ANSWERS_WITHIN_MS = 15_000;
const PAUSE_AFTER_ERROR_MS = 50;

/** A request whose type, time and number are written over in place for every event. */
type Template = {
  readonly request: Buffer;
  readonly typeAt: number;
  readonly timeAt: number;
  readonly numberAt: number;
};

const NUMBER_DIGITS = 10;

function buildTemplate({ port, eventTypes, payloadBytes }: Load): Template {
  const type = eventTypes[0] as string;
  const time = '0'.repeat(TIME_DIGITS);
  const start = `{"sent_us":"${time}","number":"${'0'.repeat(NUMBER_DIGITS)}","text":"`;
  const payload = `${start}${'x'.repeat(Math.max(0, payloadBytes - start.length - 2))}"}`;
  const body = `{"event_type":"${type}","payload":${payload}}`;
  const request = Buffer.from(
    [
      'POST /events HTTP/1.1',
      `host: 127.0.0.1:${port}`,
      'content-type: application/json',
      `content-length: ${body.length}`,
      '',
      body,
    ].join('\r\n'),
    'latin1',
  );
  return {
    request,
    typeAt: request.indexOf('{"event_type":"') + '{"event_type":"'.length,
    timeAt: request.indexOf('{"sent_us":"') + '{"sent_us":"'.length,
    numberAt: request.indexOf('"number":"') + '"number":"'.length,
  };
}

function writeDigits(buffer: Buffer, at: number, digits: number, value: number): void {
  let left = value;
  for (let index = at + digits - 1; index >= at; index -= 1) {
    const next = Math.floor(left / 10);
    buffer[index] = 48 + left - next * 10;
    left = next;
  }
}

type Client = {
  /** Opens the connection; resolves when it is there, or will not be. */
  ready(): Promise<void>;
  /** `dueUs` is what the payload carries and the latency counts from. */
  send(dueUs: number, number: number, eventType: string): void;
  close(): void;
};

type Tally = {
  sent: number;
  accepted: number;
  pending: number;
  errors: Record<string, number>;
  samples: ReturnType<typeof createSamples>;
};

function createClient(
  load: Load,
  template: Template,
  tally: Tally,
  onFree: (isHealthy: boolean) => void,
): Client {
  const request = Buffer.from(template.request);
  let socket: Socket | undefined;
  let sentUs = 0;
  let isBusy = false;

  function settle(outcome: number | string): void {
    if (!isBusy) return;
    isBusy = false;
    tally.pending -= 1;
    const isAccepted = outcome === 202;
    if (isAccepted) {
      tally.accepted += 1;
      tally.samples.addUs(nowUs() - sentUs);
    } else {
      tally.errors[outcome] = (tally.errors[outcome] ?? 0) + 1;
    }
    onFree(isAccepted);
  }

  function open(): Socket {
    const opened = connect({ port: load.port, host: '127.0.0.1', noDelay: true });
    opened.on(
      'data',
      createMessageReader((head) => settle(statusCode(head))),
    );
    opened.on('error', (error: NodeJS.ErrnoException) => settle(error.code ?? error.message));
    opened.on('close', () => {
      if (socket === opened) socket = undefined;
      settle('closed');
    });
    return opened;
  }

  return {
    async ready() {
      socket ??= open();
      const opening = socket;
      await new Promise<void>((resolve) => {
        opening.once('connect', resolve);
        opening.once('close', () => resolve());
      });
    },
    send(dueUs, number, eventType) {
      socket ??= open();
      request.write(eventType, template.typeAt, 'latin1');
      writeDigits(request, template.timeAt, TIME_DIGITS, dueUs);
      writeDigits(request, template.numberAt, NUMBER_DIGITS, number);
      sentUs = dueUs;
      isBusy = true;
      tally.sent += 1;
      tally.pending += 1;
      socket.write(request);
    },
    close() {
      socket?.destroy();
      settle('no answer');
    },
  };
}

/** Resolves with its start once `clients` have published without a pause for as long as the load says. */
function publishClosed(
  load: Load,
  clients: number,
  tally: Tally,
  opened: Client[],
): Promise<number> {
  const template = buildTemplate(load);
  const startUs = nowUs();
  const endUs = startUs + load.seconds * 1_000_000;
  const maxEvents = load.maxEvents ?? Number.POSITIVE_INFINITY;
  return new Promise((resolve) => {
    let active = clients;
    function next(client: Client): void {
      const atUs = nowUs();
      if (atUs < endUs && tally.sent < maxEvents) {
        client.send(atUs, tally.sent, typeOf(load, tally.sent));
      } else {
        active -= 1;
        if (active === 0) resolve(startUs);
      }
    }
    for (let index = 0; index < clients; index += 1) {
      const client: Client = createClient(load, template, tally, (isHealthy) => {
        if (isHealthy) next(client);
        else setTimeout(next, PAUSE_AFTER_ERROR_MS, client);
      });
      opened.push(client);
      next(client);
    }
    setTimeout(resolve, load.seconds * 1_000 + ANSWERS_WITHIN_MS, startUs).unref();
  });
}

/** Publishes at a rate. An event that finds no connection waits, and its waiting is counted. */
async function publishOpen(
  load: Load,
  perSecond: number,
  tally: Tally,
  opened: Client[],
): Promise<number> {
  const template = buildTemplate(load);
  const idle: Client[] = [];
  for (let index = 0; index < CONNECTIONS; index += 1) {
    const client: Client = createClient(load, template, tally, () => idle.push(client));
    opened.push(client);
    idle.push(client);
  }
  await Promise.all(opened.map((client) => client.ready()));
  const startUs = nowUs();
  const total = Math.min(
    Math.floor(load.seconds * perSecond),
    load.maxEvents ?? Number.POSITIVE_INFINITY,
  );
  let next = 0;

  function dispatch(): void {
    const atUs = nowUs();
    while (next < total) {
      const dueUs = startUs + Math.floor((next * 1_000_000) / perSecond);
      if (dueUs > atUs) return;
      const client = idle.pop();
      if (client === undefined) return;
      client.send(dueUs, next, typeOf(load, next));
      next += 1;
    }
  }

  return new Promise((resolve) => {
    const giveUpUs = startUs + load.seconds * 1_000_000 + ANSWERS_WITHIN_MS * 1_000;
    const timer = setInterval(() => {
      dispatch();
      if ((next < total || tally.pending > 0) && nowUs() < giveUpUs) return;
      clearInterval(timer);
      resolve(startUs);
    }, TICK_MS);
  });
}

function typeOf({ eventTypes }: Load, number: number): string {
  return eventTypes[number % eventTypes.length] as string;
}

const methods: GeneratorMethods = {
  async publish(load) {
    const tally: Tally = { sent: 0, accepted: 0, pending: 0, errors: {}, samples: createSamples() };
    const opened: Client[] = [];
    const startedAtUs =
      'clients' in load.pace
        ? await publishClosed(load, load.pace.clients, tally, opened)
        : await publishOpen(load, load.pace.perSecond, tally, opened);
    const endedAtUs = nowUs();
    for (const client of opened) client.close();
    const { sent, accepted, errors } = tally;
    return { sent, accepted, errors, startedAtUs, endedAtUs, latency: tally.samples.summary() };
  },
};

servePeer(methods);
