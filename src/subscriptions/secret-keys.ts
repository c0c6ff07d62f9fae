import { createSecretKey, randomBytes, type KeyObject } from 'node:crypto';
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '../config/config.ts';
import { StartError } from '../base/start-error.ts';

const KEY_BYTES = 32;

/**
 * The keys that are configured and, where the database is the embedded one, behind them its own.
 *
 * @throws StartError as {@link ensureSecretKey}
 */
export async function findSecretKeys({
  databaseUrl,
  dataDir,
  secretEncryptionKeys,
}: Config): Promise<readonly KeyObject[]> {
  if (databaseUrl !== undefined) return secretEncryptionKeys;
  return [...secretEncryptionKeys, await ensureSecretKey(dataDir)];
}

/** The same, without making one. @throws StartError as {@link ensureSecretKey} */
export async function findExistingSecretKeys({
  databaseUrl,
  dataDir,
  secretEncryptionKeys,
}: Config): Promise<readonly KeyObject[]> {
  if (databaseUrl !== undefined) return secretEncryptionKeys;
  const own = await findSecretKey(fileIn(dataDir));
  return own === undefined ? secretEncryptionKeys : [...secretEncryptionKeys, own];
}

/**
 * The key in `secret.key` in this folder, which is made when it is not there: readable to its
 * owner alone, whole or not at all, and one for all who begin at once. Secrets sealed with it are
 * lost with it.
 *
 * @throws StartError when the file is not readable or holds no key
 */
export async function ensureSecretKey(folder: string): Promise<KeyObject> {
  const file = fileIn(folder);
  const existing = await findSecretKey(file);
  if (existing !== undefined) return existing;
  await mkdir(folder, { recursive: true });
  const draft = `${file}.${randomBytes(4).toString('hex')}`;
  try {
    await writeFile(draft, `${randomBytes(KEY_BYTES).toString('base64')}\n`, { mode: 0o600 });
    // Unlike renaming, linking fails when someone else was first.
    await link(draft, file).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
  } finally {
    await rm(draft, { force: true });
  }
  return readSecretKey(file);
}

const fileIn = (folder: string): string => join(folder, 'secret.key');

async function findSecretKey(file: string): Promise<KeyObject | undefined> {
  try {
    return await readSecretKey(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new StartError(`cannot read the key in ${file}`, { cause: error });
  }
}

async function readSecretKey(file: string): Promise<KeyObject> {
  const bytes = Buffer.from(await readFile(file, 'utf8'), 'base64');
  if (bytes.length !== KEY_BYTES) throw new Error('not a key of 32 bytes in base64');
  return createSecretKey(bytes);
}
