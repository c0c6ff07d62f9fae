import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Receiver = {
  readonly url: string;
  /** The SHA-256 of each body that arrived, by event id. */
  readonly digests: ReadonlyMap<string, string>;
  readonly close: () => Promise<void>;
};

/** Answers everything 204 and keeps no more than digests. */
export async function startReceiver(): Promise<Receiver> {
  const digests = new Map<string, string>();
  const server = createServer(async (request, response) => {
    const hash = createHash('sha256');
    for await (const chunk of request) hash.update(chunk);
    digests.set(String(request.headers['webhook-id']), hash.digest('hex'));
    response.writeHead(204).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;

  async function close(): Promise<void> {
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
  }

  return { url: `http://127.0.0.1:${port}/`, digests, close };
}
