import t from 'tap';
import { createLogger } from '../../src/base/logger.ts';

function record() {
  const lines: string[] = [];
  const logger = createLogger({ logLevel: 'info' }, { write: (line) => void lines.push(line) });
  return { logger, last: () => JSON.parse(lines.at(-1) as string) as Record<string, unknown> };
}

t.test('a field outside the list is named but not written', async (t) => {
  const { logger, last } = record();
  logger.info({ delivery_id: 'd1', payload: 'a secret', secret: 'whsec_x' }, 'attempt');
  t.match(last(), {
    level: 'info',
    delivery_id: 'd1',
    dropped_fields: ['payload', 'secret'],
    msg: 'attempt',
  });
  t.notMatch(JSON.stringify(last()), /a secret|whsec_x/);
});

t.test('a child logger is held to the same list', async (t) => {
  const { logger, last } = record();
  logger.child({ role: 'worker', authorization: 'Bearer x' }).info('started');
  t.match(last(), { role: 'worker', msg: 'started' });
  t.notMatch(JSON.stringify(last()), 'Bearer x');
});

t.test('a request is logged without query and headers', async (t) => {
  const { logger, last } = record();
  const req = {
    method: 'GET',
    url: '/events?tenant=acme&token=x',
    ip: '127.0.0.1',
    headers: { authorization: 'Bearer x' },
  };
  logger.info({ req, res: { statusCode: 200, headers: {} } });
  t.match(last()['req'], { method: 'GET', path: '/events', ip: '127.0.0.1' });
  t.strictSame(last()['res'], { status_code: 200 });
  t.notMatch(JSON.stringify(last()), /token|Bearer/);
});

t.test('an error is logged with its causes and without what drivers attach', async (t) => {
  const { logger, last } = record();
  const cause = Object.assign(new Error('refused'), { code: 'ECONNREFUSED', address: '10.0.0.1' });
  const err = Object.assign(new Error('failed', { cause }), {
    detail: 'Key (payload)=(a secret) exists',
    parameters: ['a secret'],
    constraint: 'events_pkey',
  });
  logger.error({ err }, 'oops');
  t.match(last()['err'], {
    type: 'Error',
    message: 'failed',
    constraint: 'events_pkey',
    stack: String,
    cause: { type: 'Error', message: 'refused', code: 'ECONNREFUSED' },
  });
  t.notMatch(JSON.stringify(last()), /a secret|10\.0\.0\.1/);
});
