import { appendFileSync } from 'node:fs';
import { createServer } from 'node:http';

const server = createServer((request, response) => {
  const handle = (): void => {
    appendFileSync(process.env['HANDLED'] ?? '/dev/null', `${request.headers['webhook-id']}\n`);
    response.end('ok');
  };
  if (request.url?.startsWith('/unread')) handle();
  else request.resume().on('end', handle);
});
server.keepAliveTimeout = 2_000;
server.listen(Number(process.env['PORT']), '127.0.0.1');
process.on('SIGTERM', () => server.close(() => process.exit()));
