import type { ApiKey } from '../access/api-key.ts';
import { SCOPES, type Scope } from '../base/principal.ts';
import { createApiKeyService } from '../access/api-keys.service.ts';
import { noticesOfFirstKey } from '../access/first-key.ts';
import { AppError } from '../base/errors.ts';
import { StartError } from '../base/start-error.ts';
import { UsageError, type Run } from './command.ts';
import { withDatabase } from './with-database.ts';

const TENANT = /^[A-Za-z0-9._:-]{1,128}$/;
const DAY_MS = 86_400_000;
const PAGE = 200;

/*
 * `posthorn keys …` works on the database, so it needs no key itself. Everything on the command
 * line is checked before the database is opened.
 */

export const createKey: Run = async (input, { terminal }) => {
  const tenant = input.text('tenant');
  if (tenant !== undefined && !TENANT.test(tenant)) {
    throw new UsageError('--tenant takes 1 to 128 letters, digits and . _ : -');
  }
  const wanted = {
    name: input.text('name'),
    scopes: readScopes(input.text('scopes') ?? 'admin'),
    tenant: tenant ?? null,
    expiresAt: readExpiry(input.text('expires-in')),
  };
  await withDatabase(async (db, config) => {
    const { apiKey, key, isFirst } = await createApiKeyService({ db }).create(wanted);
    terminal.note(
      `Made the key ${apiKey.id} (${apiKey.scopes.join(', ')}; ${describeTenant(apiKey)}). ` +
        'It is shown here and nowhere else:',
    );
    terminal.line(key);
    const notices = isFirst ? noticesOfFirstKey(config) : [];
    for (const notice of notices) terminal.note(notice);
    terminal.json({ ...toJson(apiKey), key, ...(notices.length > 0 && { notices }) });
  });
};

export const listKeys: Run = async (_input, { terminal }) => {
  await withDatabase(async (db) => {
    const service = createApiKeyService({ db });
    const keys: ApiKey[] = [];
    let beforeId: string | undefined;
    do {
      const found = await service.list(null, { limit: PAGE, beforeId });
      keys.push(...found);
      beforeId = found.length < PAGE ? undefined : found.at(-1)?.id;
    } while (beforeId !== undefined);
    terminal.json({ data: keys.map(toJson) });
    terminal.table(
      ['id', 'begins with', 'scopes', 'tenant', 'last used', 'expires', 'name'],
      keys.map((key) => [
        key.id,
        key.prefix,
        key.scopes.join(','),
        describeTenant(key),
        key.last_used_at?.toISOString() ?? 'never',
        key.expires_at?.toISOString() ?? 'never',
        key.name ?? '',
      ]),
    );
  });
};

export const revokeKey: Run = async (input, { terminal }) => {
  const [id = ''] = input.args;
  if (!/^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/.test(id)) {
    throw new UsageError('revoke takes the id of a key, as `posthorn keys list` shows it');
  }
  await withDatabase(async (db) => {
    try {
      await createApiKeyService({ db }).revoke(null, id);
    } catch (error) {
      if (error instanceof AppError) throw new StartError(error.detail, { cause: error });
      throw error;
    }
  });
  terminal.note('Revoked. Every process refuses it within five seconds.');
  terminal.json({ id, revoked: true });
};

function readScopes(text: string): Scope[] {
  const scopes = [...new Set(text.split(','))];
  if (scopes.every((scope) => SCOPES.includes(scope as Scope))) return scopes as Scope[];
  throw new UsageError(`--scopes takes a list of ${SCOPES.join(', ')}, separated by commas`);
}

function readExpiry(text: string | undefined): Date | null {
  if (text === undefined) return null;
  const days = /^([1-9]\d{0,4})d$/.exec(text)?.[1];
  if (days === undefined) throw new UsageError('--expires-in takes a number of days, such as 90d');
  return new Date(Date.now() + Number(days) * DAY_MS);
}

function toJson({ id, name, prefix, scopes, tenant, last_used_at, expires_at }: ApiKey) {
  return { id, name, prefix, scopes, tenant, last_used_at, expires_at };
}

function describeTenant({ tenant }: ApiKey): string {
  return tenant === null ? 'every tenant' : tenant;
}
