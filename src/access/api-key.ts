import { createHash, randomInt } from 'node:crypto';

/** `admin` implies the others. */
export type Scope = 'admin' | 'publish' | 'read';

export const SCOPES = ['admin', 'publish', 'read'] as const satisfies readonly Scope[];

/** A key as its owner sees it: all but the key itself, of which only a digest is stored. */
export type ApiKey = {
  id: string;
  name: string | null;
  /** How the key begins, to tell it by. */
  prefix: string;
  scopes: Scope[];
  /** Null is every tenant. */
  tenant: string | null;
  created_at: Date;
  /** To the minute. */
  last_used_at: Date | null;
  expires_at: Date | null;
};

const MARK = 'ph_';
const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
/** 36 characters of 62 hold 214 bits; the 30 that `prefix` does not show, 178. */
const RANDOM_LENGTH = 36;
const SHOWN_LENGTH = 6;
const CHECK_LENGTH = 6;
const FORM = new RegExp(`^${MARK}[0-9A-Za-z]{${RANDOM_LENGTH}}[0-9a-f]{${CHECK_LENGTH}}$`);

/** A new key: `ph_`, random letters and digits, and a checksum of what stands before it. */
export function generateKey(): string {
  let body = MARK;
  for (let length = 0; length < RANDOM_LENGTH; length += 1) {
    body += ALPHABET[randomInt(ALPHABET.length)];
  }
  return body + checksumOf(body);
}

/** Whether it may be one of our keys: mistyped and invented ones never reach the database. */
export function isWellFormed(key: string): boolean {
  return FORM.test(key) && checksumOf(key.slice(0, -CHECK_LENGTH)) === key.slice(-CHECK_LENGTH);
}

export function prefixOf(key: string): string {
  return key.slice(0, MARK.length + SHOWN_LENGTH);
}

/** What is stored and compared. No salt and no stretching: nobody guesses 178 bits. */
export function digestOf(key: string): Buffer {
  return createHash('sha256').update(key).digest();
}

/** Whether one of the scopes held is one of those that would do. */
export function allows(held: readonly Scope[], sufficient: readonly Scope[]): boolean {
  return held.includes('admin') || sufficient.some((scope) => held.includes(scope));
}

function checksumOf(body: string): string {
  return createHash('sha256').update(body).digest('hex').slice(0, CHECK_LENGTH);
}
