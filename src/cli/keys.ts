import { parseArgs } from 'node:util';
import { SCOPES, type ApiKey, type Scope } from '../access/api-key.ts';
import { createApiKeyService, type ApiKeyService } from '../access/api-keys.service.ts';
import { AppError } from '../errors.ts';
import { StartError } from '../start-error.ts';
import { withDatabase } from './with-database.ts';

const USAGE = `usage: posthorn keys create [--name <text>] [--scopes admin,publish,read]
                            [--tenant <name>] [--expires-in <days>d]
       posthorn keys list
       posthorn keys revoke <id>`;
const TENANT = /^[A-Za-z0-9._:-]{1,128}$/;
const DAY_MS = 86_400_000;
const PAGE = 200;

/**
 * `posthorn keys …`: works on the database, so it needs no key itself.
 *
 * @throws StartError when the arguments are not understood or there is no such key
 */
export async function runKeys([verb, ...rest]: readonly string[]): Promise<void> {
  const command = readCommand(verb, rest);
  await withDatabase(async (db) => command(createApiKeyService({ db })));
}

type Command = (apiKeys: ApiKeyService) => Promise<void>;

/** Everything is checked before the database is opened. */
function readCommand(verb: string | undefined, args: readonly string[]): Command {
  if (verb === 'create') return readCreate(args);
  if (verb === 'list' && args.length === 0) return list;
  const [id] = args;
  if (verb === 'revoke' && id !== undefined && args.length === 1) return (keys) => revoke(keys, id);
  throw new StartError(USAGE);
}

function readCreate(args: readonly string[]): Command {
  const { name, scopes, tenant, 'expires-in': expiresIn } = readOptions(args);
  if (tenant !== undefined && !TENANT.test(tenant)) {
    throw new StartError('--tenant takes 1 to 128 letters, digits and . _ : -');
  }
  const input = {
    name, scopes: readScopes(scopes), tenant: tenant ?? null, expiresAt: readExpiry(expiresIn),
  };
  return async (apiKeys) => {
    const { apiKey, key } = await apiKeys.create(input);
    process.stderr.write(
      `Made the key ${apiKey.id} (${apiKey.scopes.join(', ')}; ${describeTenant(apiKey)}). `
      + 'It is shown here and nowhere else:\n',
    );
    process.stdout.write(`${key}\n`);
  };
}

function readOptions(args: readonly string[]) {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        name: { type: 'string' },
        scopes: { type: 'string', default: 'admin' },
        tenant: { type: 'string' },
        'expires-in': { type: 'string' },
      },
    });
    return values;
  } catch (error) {
    throw new StartError(`${(error as Error).message}\n${USAGE}`, { cause: error });
  }
}

function readScopes(text: string): Scope[] {
  const scopes = [...new Set(text.split(','))];
  if (scopes.every((scope) => SCOPES.includes(scope as Scope))) return scopes as Scope[];
  throw new StartError(`--scopes takes a list of ${SCOPES.join(', ')}, separated by commas`);
}

function readExpiry(text: string | undefined): Date | null {
  if (text === undefined) return null;
  const days = /^([1-9]\d{0,4})d$/.exec(text)?.[1];
  if (days === undefined) throw new StartError('--expires-in takes a number of days, such as 90d');
  return new Date(Date.now() + Number(days) * DAY_MS);
}

async function list(apiKeys: ApiKeyService): Promise<void> {
  const rows = [['id', 'begins with', 'scopes', 'tenant', 'last used', 'expires', 'name']];
  let beforeId: string | undefined;
  do {
    const found = await apiKeys.list(null, { limit: PAGE, beforeId });
    rows.push(...found.map((key) => [
      key.id, key.prefix, key.scopes.join(','), describeTenant(key),
      key.last_used_at?.toISOString() ?? 'never', key.expires_at?.toISOString() ?? 'never',
      // A name may hold anything, also what a terminal obeys.
      key.name?.replaceAll(/\p{Cc}/gu, '?') ?? '',
    ]));
    beforeId = found.length < PAGE ? undefined : found.at(-1)?.id;
  } while (beforeId !== undefined);
  const widths = rows[0]?.map((_, index) => Math.max(...rows.map((row) => row[index]?.length ?? 0)));
  for (const row of rows) {
    const line = row.map((cell, index) => cell.padEnd(widths?.[index] ?? 0)).join('  ').trimEnd();
    process.stdout.write(`${line}\n`);
  }
}

async function revoke(apiKeys: ApiKeyService, id: string): Promise<void> {
  if (!/^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/.test(id)) {
    throw new StartError('revoke takes the id of a key, as `posthorn keys list` shows it');
  }
  try {
    await apiKeys.revoke(null, id);
  } catch (error) {
    if (error instanceof AppError) throw new StartError(error.detail, { cause: error });
    throw error;
  }
  process.stderr.write('Revoked. Every process refuses it within five seconds.\n');
}

function describeTenant({ tenant }: ApiKey): string {
  return tenant === null ? 'every tenant' : tenant;
}
