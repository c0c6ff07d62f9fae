import { Webhook } from 'standardwebhooks';
import t from 'tap';
import { startCli } from '../helpers/cli.ts';
import { createTestDatabase } from '../helpers/postgres.ts';
import { startReceiver, type ReceivedRequest } from '../helpers/receiver.ts';
import { buildClient, spawnPosthorn } from '../helpers/service.ts';
import { until } from '../helpers/until.ts';

const SECRET = 'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD';
const idOf = ({ headers }: ReceivedRequest) => headers['webhook-id'] as string;

t.test(
  'nothing is missed and nothing sent twice when the server goes away and comes back',
  async (t) => {
    const database = await createTestDatabase(t);
    const receiver = await startReceiver(t);
    const first = await spawnPosthorn(t, 'api', { databaseUrl: database.url });
    const port = new URL(first.address).port;
    const other = await spawnPosthorn(t, 'api', { databaseUrl: database.url });
    const listen = startCli(t, ['listen', '--forward-to', receiver.url, '--secret', SECRET], {
      POSTHORN_URL: first.address,
    });
    await listen.untilLine(/Ctrl-C/);

    const published: string[] = [];
    const client = buildClient(t, other.address);
    const enough = new AbortController();
    const publishing = (async () => {
      while (!enough.signal.aborted) {
        const { data } = await client.publish(
          Array.from({ length: 5 }, (_, number) => ({
            event_type: 'order.created',
            payload: { number },
          })),
        );
        published.push(...data.map(({ id }: { id: string }) => id));
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    })();
    await receiver.received(20);
    first.signal('SIGKILL');
    await first.exited;
    await listen.untilLine(/ Trying again\.$/);
    const count = published.length;
    await until(() => published.length > count + 50);
    await spawnPosthorn(t, 'api', { databaseUrl: database.url, env: { PORT: port } });
    await listen.untilLine(/ is back\. Forwarding what was missed\.$/);
    await until(() => published.length > count + 150, { timeoutMs: 30_000 });
    enough.abort();
    await publishing;

    await receiver.received(published.length);
    // Two deep looks more: what would come twice would have come.
    await new Promise((resolve) => setTimeout(resolve, 6_000));
    t.strictSame(receiver.requests.map(idOf).sort(), published.sort());
    for (const { headers, body } of receiver.requests) {
      t.doesNotThrow(() => new Webhook(SECRET).verify(body, headers as Record<string, string>));
    }
    t.equal(await listen.stop(), 0);
    t.match(
      listen.lines.at(-1),
      `Forwarded ${published.length}, of which ${published.length} were answered 2xx.`,
    );
  },
);
