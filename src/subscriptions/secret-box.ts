import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  randomBytes,
  type KeyObject,
} from 'node:crypto';
import { AppError } from '../base/errors.ts';

const ALGORITHM = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
/** Somebody has to change a setting and start the process again. */
const RETRY_AFTER_SECONDS = 30;

/** A secret at rest: nonce, ciphertext and tag; or, with `keyId` null, its plain UTF-8 bytes. */
export type SealedSecret = {
  readonly keyId: string | null;
  readonly sealed: Buffer;
};

/** A secret that was sealed with a key that is not configured, or that has been damaged. */
export class SecretUnreadableError extends AppError {
  constructor(cause: unknown) {
    super(
      'secret_unreadable',
      "The subscription's secrets cannot be decrypted: they need a key that SECRET_ENCRYPTION_KEY of this process lacks.",
      { cause, retryAfterSeconds: RETRY_AFTER_SECONDS },
    );
  }
}

export type SecretBox = {
  /** The key that seals, by the id that what it seals has; null when secrets stay plain. */
  readonly keyId: string | null;
  /** The keys that open. */
  readonly keyIds: readonly string[];
  /** @param context what the secret belongs to: it opens with the same context only */
  seal(secret: string, context: string): SealedSecret;
  /** @throws SecretUnreadableError when the key is not configured, or key, context or bytes do not fit. */
  open(secret: SealedSecret, context: string): string;
};

/** The context of a subscription's secret: moved to another subscription, it does not open. */
export function secretContext(tenant: string, subscriptionId: string): string {
  return `${tenant}/${subscriptionId}`;
}

/**
 * Seals secrets with AES-256-GCM. The first key seals and every key opens, so a key is replaced by
 * putting the new one in front. Without any key secrets stay plain; what was stored plain opens
 * also after a key has been configured.
 */
export function createSecretBox(keys: readonly KeyObject[]): SecretBox {
  const keysById = new Map(keys.map((key) => [keyIdOf(key), key]));
  const [sealing] = keysById;

  function seal(secret: string, context: string): SealedSecret {
    if (sealing === undefined) return { keyId: null, sealed: Buffer.from(secret) };
    const [keyId, key] = sealing;
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv(ALGORITHM, key, nonce, { authTagLength: TAG_BYTES });
    cipher.setAAD(Buffer.from(context));
    const ciphertext = Buffer.concat([cipher.update(secret, 'utf8'), cipher.final()]);
    return { keyId, sealed: Buffer.concat([nonce, ciphertext, cipher.getAuthTag()]) };
  }

  function open({ keyId, sealed }: SealedSecret, context: string): string {
    if (keyId === null) return sealed.toString();
    const key = keysById.get(keyId);
    if (key === undefined) {
      const cause = new Error(`sealed with key ${keyId}, which is not configured`);
      throw new SecretUnreadableError(cause);
    }
    try {
      return decrypt(key, sealed, context);
    } catch (error) {
      throw new SecretUnreadableError(error);
    }
  }

  return { keyId: sealing?.[0] ?? null, keyIds: [...keysById.keys()], seal, open };
}

function decrypt(key: KeyObject, sealed: Buffer, context: string): string {
  if (sealed.length < NONCE_BYTES + TAG_BYTES) throw new Error('a sealed secret is too short');
  const nonce = sealed.subarray(0, NONCE_BYTES);
  const decipher = createDecipheriv(ALGORITHM, key, nonce, { authTagLength: TAG_BYTES });
  decipher.setAAD(Buffer.from(context));
  decipher.setAuthTag(sealed.subarray(-TAG_BYTES));
  const ciphertext = sealed.subarray(NONCE_BYTES, -TAG_BYTES);
  return Buffer.concat([decipher.update(ciphertext), decipher.final()]).toString();
}

/** Names a key without telling anything about it. */
function keyIdOf(key: KeyObject): string {
  return createHmac('sha256', key).update('posthorn key id').digest('hex').slice(0, 16);
}
