#!/usr/bin/env bash
# @paddle/paddle-node-sdk 3.10.0 (npm) on Node.
#
# The package exports `Webhooks` and `WebhooksValidator`, which look usable without a client: a
# receiver that only verifies needs no API key. But the HMAC comes from a runtime provider that is
# registered as a side effect of `new Paddle(…)`. Until some code of the process has constructed a
# client, every genuine signature is answered with `false` (and a line on the console), as a forged
# one is. Whoever verifies first and publishes later refuses all webhooks of the first minutes.
#
# Seen: `before: false`, `after new Paddle(): true`, for one signature. Fails when that changes.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm init --yes >/dev/null
npm install --silent --no-fund --no-audit @paddle/paddle-node-sdk@3.10.0
cat >run.cjs <<'JS'
const { createHmac } = require('node:crypto');
const { Paddle, Webhooks } = require('@paddle/paddle-node-sdk');

async function main() {
  const body = JSON.stringify({ event_id: 'evt_invented', event_type: 'customer.created' });
  const secret = 'pdl_ntfset_invented';
  const seconds = Math.floor(Date.now() / 1000);
  const h1 = createHmac('sha256', secret).update(`${seconds}:${body}`).digest('hex');
  const webhooks = new Webhooks();
  const isValid = () => webhooks.isSignatureValid(body, secret, `ts=${seconds};h1=${h1}`);
  const before = await isValid();
  new Paddle('api-key-invented');
  const after = await isValid();
  console.log(`before: ${before}`);
  console.log(`after new Paddle(): ${after}`);
  process.exit(before === false && after === true ? 0 : 1);
}
main();
JS
node run.cjs
