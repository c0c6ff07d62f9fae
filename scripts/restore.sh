#!/usr/bin/env bash
# Restores what scripts/backup.sh made into an empty database, all of it or nothing:
#
#   DATABASE_URL=postgres://…/<an empty database> scripts/restore.sh <file>
#
# No process of Posthorn may run on that database yet. Needs psql and pg_restore; PGBIN names the
# folder they are in.
set -euo pipefail

if [ $# -ne 1 ] || [ -z "${DATABASE_URL:-}" ]; then
  echo 'usage: DATABASE_URL=postgres://… scripts/restore.sh <file>' >&2
  exit 2
fi
file=$1
bin=${PGBIN:+$PGBIN/}
query() {
  "${bin}psql" --dbname="$DATABASE_URL" --no-psqlrc --quiet --tuples-only --no-align \
    --set=ON_ERROR_STOP=1 "$@"
}

found=$(query --command="select string_agg(nspname, ', ') from pg_namespace
  where nspname in ('posthorn', 'posthorn_queue')")
if [ -n "$found" ]; then
  echo "the database has $found already; restore into an empty one" >&2
  exit 1
fi

"${bin}pg_restore" --dbname="$DATABASE_URL" --no-owner --no-privileges \
  --single-transaction --exit-on-error "$file"

# What a copy cannot know: the workers of the old database are not here, so that what they held goes
# back to the queue; and time has passed, so that partitions are missing.
query --single-transaction >/dev/null <<'SQL'
select posthorn.ensure_partitions(now() - interval '12 hours', now() + interval '3 days');
select posthorn.retire_workers(array(
  select pool_id from posthorn.workers
  union
  select locked_by from posthorn_queue._private_jobs where locked_by is not null
  union
  select leased_by from posthorn.deliveries where leased_by is not null));
SQL
# Plans of a fresh copy would be guesses until autovacuum comes by.
query --command='analyze'
query --command="select 'restored to migration ' || max(id) from posthorn.migrations"
