#!/usr/bin/env bash
# graphile-worker 0.18.0 on Postgres 18.4 (npm: graphile-worker, pg, embedded-postgres).
#
# Two applications share a database, each with a graphile-worker schema of its own (the option
# `schema`). A worker of schema "first" is running and idle. Then somebody installs graphile-worker
# in schema "second", for the first time. The notification `worker:migrate` is sent on one channel
# for the whole database, not one for each schema, so the worker of "first" stops: its promise
# settles and it takes no more jobs, although nothing of its own schema has changed.
#
# Seen: `first worker ended after the other schema's migration: true`, and a job added to "first"
# afterwards is still there two seconds later. Fails when that changes.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
chmod 777 "$dir" && cd "$dir"
npm init --yes >/dev/null
npm install --silent --no-fund --no-audit graphile-worker@0.18.0 pg@8.23.1 embedded-postgres@18.4.0-beta.17
cat >run.mjs <<'JS'
import { setTimeout as delay } from 'node:timers/promises';
import EmbeddedPostgres from 'embedded-postgres';
import pg from 'pg';
import { Logger, run, runMigrations } from 'graphile-worker';

const port = 20_000 + Math.floor(Math.random() * 20_000);
const server = new EmbeddedPostgres({
  databaseDir: `${process.cwd()}/data`, user: 'postgres', password: 'postgres', port,
  persistent: false, createPostgresUser: process.getuid?.() === 0, onLog() {}, onError() {},
});
await server.initialise();
await server.start();
const connectionString = `postgres://postgres:postgres@127.0.0.1:${port}/postgres`;
const quiet = new Logger(() => () => {});
let failed = false;
try {
  let done = 0;
  const runner = await run({
    connectionString, schema: 'first', logger: quiet, noHandleSignals: true,
    taskList: { count: () => { done += 1; } },
  });
  let ended = false;
  runner.promise.then(() => { ended = true; }, () => { ended = true; });
  await runner.addJob('count', {});
  while (done < 1) await delay(50);

  await runMigrations({ connectionString, schema: 'second', logger: quiet });
  for (let i = 0; i < 100 && !ended; i += 1) await delay(100);

  const client = new pg.Client({ connectionString });
  await client.connect();
  await client.query("select first.add_job('count', '{}')");
  await delay(2_000);
  const { rows } = await client.query('select count(*)::int as jobs from first.jobs');
  await client.end();
  console.log(`first worker ended after the other schema's migration: ${ended}`);
  console.log(`jobs of "first" that nobody takes: ${rows[0].jobs}`);
  failed = !ended || rows[0].jobs !== 1;
  await runner.stop().catch(() => {});
} finally {
  await server.stop();
}
process.exit(failed ? 1 : 0);
JS
node run.mjs
