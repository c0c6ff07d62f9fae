// Makes the calls that the conformance run asks for, one JSON document a line, with the built client.
import { createInterface } from 'node:readline';
import * as posthorn from '../dist/index.js';

const camel = (name) => name.replace(/_(\w)/g, (_, letter) => letter.toUpperCase());

async function call(command) {
  const [group, method] = command.call.split('.');
  const client = posthorn.createClient({
    baseUrl: command.base_url,
    apiKey: command.api_key,
    ...(command.timeout_ms !== undefined && { timeoutMs: command.timeout_ms }),
    ...(command.max_retries !== undefined && { maxRetries: command.max_retries }),
  });
  const args = [...command.path];
  if (command.raw_body !== undefined) args.push(new TextEncoder().encode(command.raw_body));
  else if (command.body !== undefined) args.push(command.body);
  if (command.query !== undefined) args.push(command.query);
  const options = Object.fromEntries(
    Object.entries(command.options ?? {}).map(([name, value]) => [camel(name), value]),
  );
  const result = client[group][method](...args, options);
  if (command.take === undefined) return (await result) ?? null;
  const taken = [];
  if (command.take > 0) {
    for await (const entry of result) {
      taken.push(entry);
      if (taken.length === command.take) break;
    }
  }
  return taken;
}

async function verify({ verify: scheme, secret, headers, body, tolerance_seconds, now }) {
  const options = { secret, headers, body: new TextEncoder().encode(body) };
  if (scheme === 'hub') return { payload: await posthorn.verifyHubSignature(options) };
  const webhook = await posthorn.verifyWebhook({
    ...options,
    ...(tolerance_seconds !== undefined && { toleranceSeconds: tolerance_seconds }),
    ...(now !== undefined && { now: () => now * 1_000 }),
  });
  return {
    id: webhook.id,
    timestamp: webhook.timestamp.getTime() / 1_000,
    event_type: webhook.eventType ?? null,
    payload: webhook.payload,
  };
}

function describe(error) {
  if (error instanceof posthorn.ApiError) {
    const { status, code, detail, errors, requestId } = error;
    return { kind: 'api', status, code, detail, errors, request_id: requestId };
  }
  if (error instanceof posthorn.TimeoutError) return { kind: 'timeout' };
  if (error instanceof posthorn.ConnectionError) return { kind: 'connection' };
  if (error instanceof posthorn.WebhookVerificationError) {
    return { kind: 'verification', reason: error.reason };
  }
  return { kind: 'other', message: String(error?.stack ?? error) };
}

for await (const line of createInterface({ input: process.stdin })) {
  const command = JSON.parse(line);
  const answer = await (command.verify === undefined ? call(command) : verify(command)).then(
    (value) => ({ value }),
    (error) => ({ error: describe(error) }),
  );
  // Readers of lines take this for the end of one.
  process.stdout.write(`${JSON.stringify(answer).replaceAll('\u2028', '\\u2028')}\n`);
}
