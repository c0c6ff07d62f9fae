import { createApiClient, type Schemas } from './api-client.ts';
import { UsageError, type Input, type Run } from './command.ts';
import { readJson, readPairs } from './option-values.ts';
import type { Terminal } from './terminal.ts';

type Receipt = Schemas['PublishReceipt'];

export const runPublish: Run = async (input, { terminal }) => {
  const [type = '', payload = '{}'] = input.args;
  if (!/^[A-Za-z0-9._/:-]{1,128}$/.test(type)) {
    throw new UsageError('an event type has 1 to 128 letters, digits and . _ / : -');
  }
  await publish(input, terminal, { type, payload: await readJson(payload) });
};

/** Publishes the payload's bytes as they are, with the options that `publish` and `trigger` share. */
export async function publish(
  input: Input,
  terminal: Terminal,
  { type, payload }: { type: string; payload: Buffer },
): Promise<void> {
  const head = JSON.stringify({
    event_type: type,
    tenant: input.text('tenant'),
    ordering_key: input.text('ordering-key'),
    headers: readPairs(input, 'header'),
  });
  const body = Buffer.concat([
    Buffer.from(`${head.slice(0, -1)},"payload":`),
    payload,
    Buffer.from('}'),
  ]);
  const idempotencyKey = input.text('idempotency-key');
  const { body: receipt } = await createApiClient(input).ask<Receipt>(
    '/events',
    ['id', 'deliveries'],
    {
      method: 'POST',
      body,
      headers: {
        'content-type': 'application/json',
        ...(idempotencyKey !== undefined && { 'idempotency-key': idempotencyKey }),
      },
    },
  );
  terminal.json({ ...receipt, event_type: type });
  const { deliveries } = receipt;
  terminal.line(
    `${receipt.id}  ${terminal.style('bold', type)}  ` +
      (deliveries === 1 ? '1 delivery' : `${deliveries} deliveries`),
  );
  if (deliveries === 0) terminal.note('No subscription wants it; `posthorn listen` would see it.');
}
