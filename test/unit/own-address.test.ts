import { networkInterfaces } from 'node:os';
import t from 'tap';
import { createOwnAddress } from '../../src/sender/own-address.ts';

const ownAt = (address: string, publicUrl?: string) => {
  const own = createOwnAddress({ paths: ['/events', '/ingest/{id}'], publicUrl });
  own.listening([{ address, family: address.includes(':') ? 'IPv6' : 'IPv4', port: 3000 }]);
  return (url: string) => own.isOwnApi(new URL(url));
};

t.test('a service that listens everywhere is at every address of the machine', async (t) => {
  const machine = Object.values(networkInterfaces())
    .flatMap((found = []) => found)
    .filter(({ family }) => family === 'IPv4')
    .map(({ address }) => address);
  for (const wildcard of ['0.0.0.0', '::']) {
    const isOwn = ownAt(wildcard);
    for (const host of [...machine, 'localhost', 'a.localhost', '127.9.9.9', '[::1]', '0.0.0.0']) {
      t.ok(isOwn(`http://${host}:3000/events`), host);
      t.notOk(isOwn(`http://${host}:3001/events`), 'another port');
    }
    t.notOk(isOwn('http://192.0.2.1:3000/events'));
    t.notOk(isOwn('http://elsewhere.example:3000/events'));
  }
});

t.test('a service on one address is there alone', async (t) => {
  const isOwn = ownAt('192.0.2.7');
  t.ok(isOwn('http://192.0.2.7:3000/ingest/x'));
  t.notOk(isOwn('http://127.0.0.1:3000/ingest/x'));
  t.notOk(isOwn('http://192.0.2.7/ingest/x'));
});

t.test('PUBLIC_URL is the service, as far as the paths are its own', async (t) => {
  const isOwn = ownAt('127.0.0.1', 'https://hooks.example');
  t.ok(isOwn('https://HOOKS.example:443/events'));
  t.ok(isOwn('https://hooks.example/%65vents'));
  t.notOk(isOwn('https://hooks.example/webhook'));
  t.notOk(isOwn('https://hooks.example/events-of-another-app'));
  t.notOk(isOwn('http://hooks.example/events'));
  t.notOk(isOwn('https://hooks.example/%zz'));
});
