import { once } from 'node:events';
import { createServer, request as startRequest } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Relay = {
  readonly url: string;
  /** How many requests have come in. */
  readonly count: number;
};

/**
 * A reverse proxy in front of `origin`: an address of the service that it cannot know to be its own.
 * Ends with the test.
 */
export async function startRelay(
  t: { teardown(fn: () => unknown): void },
  origin: string,
): Promise<Relay> {
  let count = 0;
  const server = createServer((incoming, answer) => {
    count += 1;
    const forwarded = startRequest(
      `${origin}${incoming.url}`,
      {
        method: incoming.method,
        headers: incoming.headers,
      },
      (response) => {
        answer.writeHead(response.statusCode ?? 502, response.headers);
        response.pipe(answer);
      },
    );
    forwarded.on('error', () => answer.destroy());
    incoming.pipe(forwarded);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    server.close();
    server.closeAllConnections();
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    get count() {
      return count;
    },
  };
}
