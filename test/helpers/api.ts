import type { Test } from 'tap';
import { buildApp, type AppDependencies } from '../../src/app.ts';
import { AppError } from '../../src/base/errors.ts';
import { createLogger } from '../../src/base/logger.ts';
import type { AnyHandler } from '../../src/http/contract.ts';
import { apiDocument, buildCall } from './contract.ts';

/** The id of nothing. */
export const NOWHERE = '019aa089-9af2-7c31-8a5e-2f0d6c1b7e94';

const logger = createLogger({ logLevel: 'silent' });

const absent: AnyHandler = () => {
  throw new AppError('not_found', 'Not part of this test.');
};

/** Stands for an API key that is bound to the tenant in `x-test-tenant`, or to none. */
export const byTestTenant: AppDependencies['authenticate'] = ({ headers }) => ({
  tenant: (headers['x-test-tenant'] as string | undefined) ?? null,
  scopes: ['admin'],
});

/**
 * The API with some of its operations, listening; the others answer 404. Every response is held
 * against openapi.yaml. Closed with the test.
 */
export async function startApi(
  t: Test,
  handlers: AppDependencies['handlers'],
  deps: Partial<AppDependencies> = {},
) {
  const app = await buildApp({
    logger,
    document: apiDocument,
    handlers: {
      ...Object.fromEntries(apiDocument.operations.map(({ id }) => [id, absent])),
      ...handlers,
    },
    ...deps,
  });
  t.teardown(() => app.close());
  const origin = await app.listen({ host: '127.0.0.1', port: 0 });
  return { app, origin, call: buildCall(t, origin) };
}
