import { appendFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const express = createRequire(process.env.MODULES)('express');
const app = express();
const handle = (request, response) => {
  appendFileSync(process.env.HANDLED, `${request.get('webhook-id')}\n`);
  response.send('ok');
};
app.post('/unread', handle);
app.post('/read', express.raw({ type: '*/*', limit: '2mb' }), handle);
const server = app.listen(Number(process.env.PORT), '127.0.0.1');
server.keepAliveTimeout = 2_000;
process.on('SIGTERM', () => server.close(() => process.exit()));
