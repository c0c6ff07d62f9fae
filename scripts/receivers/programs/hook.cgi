#!/bin/sh
# HANDLED is put in its place where this is installed.
case "$QUERY_STRING" in
read*) head -c "${CONTENT_LENGTH:-0}" >/dev/null ;;
esac
echo "${QUERY_STRING#*=}" >>"HANDLED"
printf 'Content-Type: text/plain\n\nok'
