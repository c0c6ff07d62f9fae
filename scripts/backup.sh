#!/usr/bin/env bash
# One consistent copy of everything Posthorn keeps, taken while it runs:
#
#   DATABASE_URL=postgres://… scripts/backup.sh <file>
#
# Needs pg_dump and pg_restore, no older than the server; PGBIN names the folder they are in. The
# file appears when it is whole, and only then. It does not hold SECRET_ENCRYPTION_KEY, without which
# the signing secrets in it cannot be read: keep that elsewhere.
set -euo pipefail

if [ $# -ne 1 ] || [ -z "${DATABASE_URL:-}" ]; then
  echo 'usage: DATABASE_URL=postgres://… scripts/backup.sh <file>' >&2
  exit 2
fi
file=$1
draft=$file.part
bin=${PGBIN:+$PGBIN/}
umask 077
trap 'rm -f -- "$draft"' EXIT

# The jobs belong to the deliveries: both schemas, at one moment.
"${bin}pg_dump" --dbname="$DATABASE_URL" --format=custom --no-owner --no-privileges \
  --schema=posthorn --schema=posthorn_queue --file="$draft"
# Reads all of it, which finds what was cut short.
"${bin}pg_restore" --file=/dev/null "$draft"
sync -- "$draft"
mv -- "$draft" "$file"
printf 'backed up to %s, %s bytes\n' "$file" "$(wc -c <"$file" | tr -d ' ')"
