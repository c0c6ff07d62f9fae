import type { SignatureEncoding } from './kind.ts';

/**
 * One spelling for each signature, or undefined when the text is no such encoding. Hex in either
 * case and base64 without its padding are what providers send; other bits of freedom are not.
 */
export function canonicalSignature(text: string, encoding: SignatureEncoding): string | undefined {
  if (encoding === 'hex') {
    return /^(?:[0-9a-f]{2})+$/i.test(text) ? text.toLowerCase() : undefined;
  }
  const plain = text.replace(/={1,2}$/, '');
  const decoded = Buffer.from(plain, encoding);
  return plain !== '' && encodeSignature(decoded, encoding) === plain ? plain : undefined;
}

/** The spelling that `canonicalSignature` gives. */
export function encodeSignature(bytes: Buffer, encoding: SignatureEncoding): string {
  return bytes.toString(encoding).replace(/=+$/, '');
}
