import { createHash, randomInt } from 'node:crypto';

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
/** 36 characters of 62 hold 214 bits; the 30 that an API key's `prefix` does not show, 178. */
const RANDOM_LENGTH = 36;
const CHECK_LENGTH = 6;
const FORM = new RegExp(`^[a-z]+_[0-9A-Za-z]{${RANDOM_LENGTH}}[0-9a-f]{${CHECK_LENGTH}}$`);

/**
 * A new secret for `Authorization: Bearer`: the mark, random letters and digits, and a checksum of
 * what stands before it.
 *
 * @param mark small letters and an underscore, by which people and scanners know what it is
 */
export function generateToken(mark: string): string {
  let body = mark;
  for (let length = 0; length < RANDOM_LENGTH; length += 1) {
    body += ALPHABET[randomInt(ALPHABET.length)];
  }
  return body + checksumOf(body);
}

/** Whether it may be one of ours: mistyped and invented ones never reach the database. */
export function isWellFormedToken(mark: string, token: string): boolean {
  return (
    token.startsWith(mark) &&
    FORM.test(token) &&
    checksumOf(token.slice(0, -CHECK_LENGTH)) === token.slice(-CHECK_LENGTH)
  );
}

/** The stored digest. No salt and no stretching: nobody guesses 178 bits. */
export function digestOf(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

function checksumOf(body: string): string {
  return createHash('sha256').update(body).digest('hex').slice(0, CHECK_LENGTH);
}
