import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { createServer as createTlsServer } from 'node:tls';
import { parentPort, workerData } from 'node:worker_threads';
import { gzipSync } from 'node:zlib';
import { findFreePort } from '../../src/database/free-port.ts';

/** A receiver that means ill, unless it is the honest one. */
export type HostileReceiver = {
  readonly name: string;
  readonly url: string;
};

/** What it does with a connection on which a request has arrived; answers what ends it. */
type Malice = (socket: Socket) => NodeJS.Timeout | void;

const OK = 'HTTP/1.1 200 OK\r\n';
const CHUNK = 'x'.repeat(65_536);

function every(ms: number, work: () => void): NodeJS.Timeout {
  work();
  return setInterval(work, ms);
}

/** Writes without end, as fast as it is taken. */
function flood(socket: Socket, text: string): void {
  const pour = (): void => {
    while (!socket.destroyed && socket.write(text));
  };
  socket.on('drain', pour);
  pour();
}

const MALICE: Readonly<Record<string, Malice>> = {
  hang: () => undefined,
  trickle(socket) {
    socket.write(`${OK}content-length: 1000000\r\n\r\n`);
    return every(200, () => socket.write('x'));
  },
  'trickled-headers'(socket) {
    socket.write(OK);
    return every(200, () => socket.write('x-a: b\r\n'));
  },
  'endless-headers'(socket) {
    socket.write(OK);
    flood(socket, `x-a: ${CHUNK}\r\n`);
  },
  'endless-body'(socket) {
    socket.write(`${OK}transfer-encoding: chunked\r\n\r\n`);
    flood(socket, `10000\r\n${CHUNK}\r\n`);
  },
  '100-continue': (socket) => every(20, () => socket.write('HTTP/1.1 100 Continue\r\n\r\n')),
  garbage: (socket) =>
    void socket.write(Buffer.from('\u0000\u0016\u0003\u0001 not http at all\r\n\r\n')),
  'half-close': (socket) => void socket.end(),
  'half-body': (socket) => void socket.end(`${OK}content-length: 100\r\n\r\nhalf`),
  reset: (socket) => void socket.resetAndDestroy(),
  redirect: (socket) =>
    void socket.write('HTTP/1.1 302 Found\r\nlocation: /again\r\ncontent-length: 0\r\n\r\n'),
  'gzip-bomb'(socket) {
    socket.write(`${OK}content-encoding: gzip\r\ncontent-length: ${BOMB.length}\r\n\r\n`);
    socket.write(BOMB);
  },
};

/** Half a megabyte that unpacks to half a gigabyte. */
const BOMB = gzipSync(Buffer.alloc(512 * 1_048_576));

/** Answers the port. */
async function listen(server: Server): Promise<number> {
  server.on('connection', (socket) => socket.on('error', () => undefined));
  server.listen(0, '127.0.0.1', 512);
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

function serve(malice: Malice): Promise<number> {
  return listen(
    createServer({ allowHalfOpen: true }, (socket) => {
      socket.once('data', () => {
        const timer = malice(socket);
        socket.on('close', () => clearInterval(timer ?? undefined));
        socket.resume();
      });
    }),
  );
}

/** A certificate for a name that is not this machine's, which the workers are made to trust. */
function makeCertificate(dir: string): { key: string; cert: string; file: string } | undefined {
  const key = join(dir, 'hostile.key');
  const file = join(dir, 'hostile.crt');
  const { status } = spawnSync('openssl', [
    'req',
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:prime256v1',
    '-nodes',
    '-keyout',
    key,
    '-out',
    file,
    '-days',
    '2',
    '-subj',
    '/CN=elsewhere.test',
    '-addext',
    'subjectAltName=DNS:elsewhere.test',
  ]);
  if (status !== 0) return undefined;
  return { key: readFileSync(key, 'utf8'), cert: readFileSync(file, 'utf8'), file };
}

/** A name server that never answers; false when there is none, since port 53 takes root. */
async function startSilentDns(address: string): Promise<boolean> {
  const socket = createSocket('udp4');
  try {
    socket.bind(53, address);
    await once(socket, 'listening');
    return true;
  } catch {
    return false;
  }
}

export type HostileServers = {
  readonly receivers: readonly HostileReceiver[];
  /** One that answers as it should, to compare with. */
  readonly honest: HostileReceiver;
  /** To be trusted by the workers. */
  readonly certificateFile: string | undefined;
  /** Where no answer comes from; undefined when it could not be set up. */
  readonly silentDns: string | undefined;
  /** Kinds that could not be set up here. */
  readonly missing: readonly string[];
};

const DNS_ADDRESS = '127.0.0.77';

async function start(dir: string): Promise<HostileServers> {
  const receivers: HostileReceiver[] = [];
  const missing: string[] = [];
  for (const [name, malice] of Object.entries(MALICE)) {
    receivers.push({ name, url: `http://127.0.0.1:${await serve(malice)}/` });
  }
  receivers.push({ name: 'refuse', url: `http://127.0.0.1:${await findFreePort()}/` });
  const broken = await serve((socket) => void socket.write('no handshake'));
  receivers.push({ name: 'broken-tls', url: `https://127.0.0.1:${broken}/` });

  const certificate = makeCertificate(dir);
  if (certificate === undefined) {
    missing.push('wrong-name (openssl is missing)');
  } else {
    const port = await listen(
      createTlsServer(certificate, (socket) => void socket.end(`${OK}content-length: 0\r\n\r\n`)),
    );
    receivers.push({ name: 'wrong-name', url: `https://127.0.0.1:${port}/` });
  }
  const canHide = spawnSync('unshare', ['--mount', 'true']).status === 0;
  const isSilent = canHide && (await startSilentDns(DNS_ADDRESS));
  if (isSilent) receivers.push({ name: 'slow-dns', url: 'http://slow.posthorn.example/' });
  else missing.push('slow-dns (it takes root)');
  const honest = await serve((socket) => void socket.end(`${OK}content-length: 0\r\n\r\n`));
  return {
    receivers,
    honest: { name: 'honest', url: `http://127.0.0.1:${honest}/` },
    missing,
    certificateFile: certificate?.file,
    silentDns: isSilent ? DNS_ADDRESS : undefined,
  };
}

// Runs in a thread of its own, so that the floods it pours do not delay what the campaign measures.
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- that is a window's
parentPort?.postMessage(await start(workerData as string));
