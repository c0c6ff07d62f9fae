/** The three things the service is made of, each alone and as bare as its library allows. */
import { randomUUID } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import Fastify from 'fastify';
import pg from 'pg';
import { Pool } from 'undici';
import { nowUs } from './clock.ts';
import { servePeer } from './peer.ts';

export type CeilingMethods = {
  /** Answers every POST /events with 202. Resolves with the port. */
  accept(): Promise<number>;
  /** Resolves with how many requests were answered in how many seconds. */
  post(origin: string, path: string, seconds: number): Promise<Done>;
  /** Resolves with how many rows were committed in how many seconds. */
  insert(databaseUrl: string, seconds: number): Promise<Done>;
};

export type Done = { readonly count: number; readonly seconds: number };

const CLIENTS = 64;
const PAYLOAD = JSON.stringify({ text: 'x'.repeat(1_013) });
const INSERT_CONNECTIONS = 3;
const ROWS_AT_ONCE = 256;

/** Goes round as often as the time allows, several at once. */
async function repeat(atOnce: number, seconds: number, work: () => Promise<number>): Promise<Done> {
  const startUs = nowUs();
  const endUs = startUs + seconds * 1_000_000;
  let count = 0;
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      while (nowUs() < endUs) {
        const done = await work();
        count += done;
      }
    }),
  );
  return { count, seconds: (nowUs() - startUs) / 1_000_000 };
}

const methods: CeilingMethods = {
  async accept() {
    const app = Fastify();
    app.post('/events', async (_request, reply) => reply.code(202).send({ id: randomUUID() }));
    await app.listen({ host: '127.0.0.1', port: 0 });
    return (app.server.address() as AddressInfo).port;
  },

  async post(origin, path, seconds) {
    const pool = new Pool(origin, { connections: CLIENTS });
    const headers = { 'content-type': 'application/json' };
    const done = await repeat(CLIENTS, seconds, async () => {
      const response = await pool.request({ method: 'POST', path, headers, body: PAYLOAD });
      await response.body.dump();
      return 1;
    });
    await pool.close();
    return done;
  },

  async insert(databaseUrl, seconds) {
    const pool = new pg.Pool({ connectionString: databaseUrl, max: INSERT_CONNECTIONS });
    await pool.query('create table ceiling (id uuid primary key, payload text not null)');
    const payloads = Array.from({ length: ROWS_AT_ONCE }, () => PAYLOAD);
    const done = await repeat(INSERT_CONNECTIONS, seconds, async () => {
      await pool.query({
        name: 'insert',
        text: 'insert into ceiling select * from unnest($1::uuid[], $2::text[])',
        values: [payloads.map(() => randomUUID()), payloads],
      });
      return ROWS_AT_ONCE;
    });
    await pool.end();
    return done;
  },
};

servePeer(methods);
