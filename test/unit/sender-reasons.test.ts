import { once } from 'node:events';
import { createSecureServer } from 'node:http2';
import type { AddressInfo, Server } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import t from 'tap';
import type { Test } from 'tap';

import { createAddressGuard } from '../../src/sender/address-guard.ts';
import { createSender } from '../../src/sender/sender.ts';
import type { SenderOptions } from '../../src/sender/sender.ts';
import { handshakeFailure, alertFailure } from '../../src/sender/tls-reasons.ts';
import { certificate, privateKey } from '../fixtures/localhost-certificate.ts';
import { startReceiver } from '../helpers/receiver.ts';

const guard = createAddressGuard({ allowedPrivateCidrs: ['127.0.0.0/8'] });
const request = { headers: {}, body: '{}', deadlineMs: 5_000 };
const tls = { cert: certificate, key: privateKey };

function openSender(t: Test, options: Partial<SenderOptions> = {}) {
  const sender = createSender({ guard, userAgent: 'Posthorn/test', ca: certificate, ...options });
  t.teardown(() => sender.close());
  return sender;
}

async function portOf(t: Test, server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  return (server.address() as AddressInfo).port;
}

t.test('the name is sent to TLS without its trailing dot', async (t) => {
  const names: unknown[] = [];
  const server = createTlsServer(tls, (socket) => {
    names.push(socket.servername);
    socket.on('error', () => {});
    socket.once('data', () => socket.end('HTTP/1.1 204 No Content\r\n\r\n'));
  });
  const port = await portOf(t, server);
  t.match(await openSender(t).send({ ...request, url: `https://localhost.:${port}/` }), {
    kind: 'responded',
    statusCode: 204,
  });
  t.strictSame(names, ['localhost']);
});

t.test('a receiver that offers only HTTP/2 is told apart', async (t) => {
  const server = createSecureServer({ ...tls, allowHTTP1: false });
  server.on('sessionError', () => {});
  server.on('tlsClientError', () => {});
  const port = await portOf(t, server);
  t.match(await openSender(t).send({ ...request, url: `https://localhost:${port}/` }), {
    kind: 'tls',
    message: /offers only HTTP\/2, and HTTP\/1\.1 is needed/,
  });
});

t.test('TLS on a plain port and plain HTTP on a TLS port are told apart', async (t) => {
  const plain = await startReceiver(t);
  const secured = await startReceiver(t, 200, { tls });
  const sender = openSender(t);
  t.match(await sender.send({ ...request, url: `https://localhost:${plain.port}/` }), {
    kind: 'tls',
    message: /no TLS on this port, perhaps plain HTTP/,
  });
  t.match(await sender.send({ ...request, url: `http://localhost:${secured.port}/` }), {
    kind: /protocol|unreachable/,
  });
});

t.test('what a certificate lacks is said, and what to do', async (t) => {
  const failed = (code: string, certificate?: object) =>
    handshakeFailure(Object.assign(new Error(code), { code }), certificate as never).message;
  t.match(failed('UNABLE_TO_VERIFY_LEAF_SIGNATURE'), /intermediate certificate is missing/);
  t.match(
    failed('CERT_HAS_EXPIRED', { valid_to: 'Jan  1 00:00:00 2024 GMT' }),
    /the certificate has expired on 2024-01-01/,
  );
  t.match(failed('ERR_SSL_SSL/TLS_ALERT_HANDSHAKE_FAILURE'), /may demand a client certificate/);
  t.match(failed('EE_KEY_TOO_SMALL'), /TLS handshake failed: EE_KEY_TOO_SMALL/);
  t.match(failed('CERT_HAS_EXPIRED', {}), /a certificate of the chain has expired/);
  const code = 'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED';
  t.match(alertFailure(Object.assign(new Error(code), { code })), {
    kind: 'tls',
    message: /demands a client certificate/,
  });
});

t.test('a TLS session that is taken up again is verified as the first', async (t) => {
  const receiver = await startReceiver(t, { headers: { connection: 'close' } }, { tls });
  const sender = openSender(t);
  for (let i = 0; i < 3; i += 1) {
    t.match(await sender.send({ ...request, url: receiver.url }), { kind: 'responded' });
  }
});

t.test('what this machine lacks is no fault of the receiver', async (t) => {
  for (const code of ['EMFILE', 'ENFILE', 'EADDRNOTAVAIL', 'ENOBUFS']) {
    const error = Object.assign(new Error(code), { code, syscall: 'connect' });
    const sender = openSender(t, { resolver: { resolve: () => Promise.reject(error) } });
    const outcome = await sender.send({ ...request, url: 'http://hooks.example.com/' });
    t.match(outcome, { kind: 'internal', sends: 0, message: new RegExp(code) });
    t.notOk('isLasting' in outcome);
  }
  const sender = openSender(t, {
    resolver: { resolve: () => Promise.reject(new Error('assert')) },
  });
  t.match(await sender.send({ ...request, url: 'http://hooks.example.com/' }), {
    kind: 'internal',
  });
});
