import { appendFileSync } from 'node:fs';
import Fastify from 'fastify';

const app = Fastify({ keepAliveTimeout: 2_000, bodyLimit: 2_097_152 });
app.removeAllContentTypeParsers();
app.addContentTypeParser('*', (request, body, done) => {
  if (request.url === '/unread') return done(null);
  body.resume().on('end', () => done(null));
});
for (const path of ['/read', '/unread']) {
  app.post(path, async (request) => {
    appendFileSync(process.env['HANDLED'] ?? '/dev/null', `${request.headers['webhook-id']}\n`);
    return 'ok';
  });
}
await app.listen({ port: Number(process.env['PORT']), host: '127.0.0.1' });
process.on('SIGTERM', () => void app.close());
