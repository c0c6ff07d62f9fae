import { isMaskedUrl, MASK, maskHeaders, maskUrl } from './mask.ts';
import { SecretUnreadableError, type SealedSecret, type SecretBox } from './secret-box.ts';
import type { Subscription, Target } from './subscription.ts';

/** A target as it is stored: what everyone may see of it and, where that is not all, the whole. */
export type StoredTarget = Target & { readonly sealed: SealedSecret | null };

type Owner = { readonly tenant: string; readonly id: string };

/** Unlike that of a signing secret: neither opens in the place of the other. */
const contextOf = ({ tenant, id }: Owner): string => `${tenant}/${id}/target`;

type Row = Target & Pick<Subscription, 'sealed_target' | 'sealed_target_key_id'>;

export function toStoredTarget(row: Row): StoredTarget {
  const { target_url: url, headers, sealed_target: sealed, sealed_target_key_id: keyId } = row;
  return { target_url: url, headers, sealed: sealed && { keyId, sealed } };
}

export function toColumns({ sealed, ...shown }: StoredTarget): Row {
  return {
    ...shown,
    sealed_target: sealed?.sealed ?? null,
    sealed_target_key_id: sealed?.keyId ?? null,
  };
}

/** A host in other letters than ASCII as punycode, which is what is looked up; else as it is given. */
function toAsciiUrl(url: string): string {
  return /^[\x20-\x7e]*$/.test(url) ? url : new URL(url).href;
}

/** The part of a target that everyone with access to the subscription may see. */
export function maskTarget({ target_url: url, headers }: Target): Target {
  return { target_url: maskUrl(url), headers: maskHeaders(headers) };
}

export function sealTarget(target: Target, owner: Owner, secretBox: SecretBox): StoredTarget {
  const url = toAsciiUrl(target.target_url);
  const { headers } = target;
  const masked = maskTarget({ target_url: url, headers });
  const hasSecrets = masked.target_url !== url || Object.keys(headers).length > 0;
  if (!hasSecrets) return { ...masked, sealed: null };
  const sealed = secretBox.seal(JSON.stringify({ target_url: url, headers }), contextOf(owner));
  return { ...masked, sealed };
}

/**
 * The whole target. A value written over the shown part manually, in SQL, wins.
 *
 * @throws SecretUnreadableError
 */
export function openTarget(stored: StoredTarget, owner: Owner, secretBox: SecretBox): Target {
  const { target_url: url, headers, sealed } = stored;
  if (sealed === null) return { target_url: url, headers };
  const whole = parseTarget(secretBox.open(sealed, contextOf(owner)));
  return {
    target_url: isMaskedUrl(url) ? whole.target_url : url,
    headers: Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [
        name,
        value === MASK ? (whole.headers[name] ?? value) : value,
      ]),
    ),
  };
}

/** As {@link openTarget}, and what may be shown where it does not open. */
export function openTargetIfReadable(
  stored: StoredTarget,
  owner: Owner,
  secretBox: SecretBox,
): Target {
  try {
    return openTarget(stored, owner, secretBox);
  } catch (error) {
    if (!(error instanceof SecretUnreadableError)) throw error;
    return maskTarget(stored);
  }
}

function parseTarget(text: string): Target {
  const value: unknown = JSON.parse(text);
  if (!isTarget(value)) throw new SecretUnreadableError(new Error('what is sealed is no target'));
  return value;
}

function isTarget(value: unknown): value is Target {
  if (typeof value !== 'object' || value === null) return false;
  const { target_url: url, headers } = value as Record<string, unknown>;
  return (
    typeof url === 'string' &&
    typeof headers === 'object' &&
    headers !== null &&
    Object.values(headers).every((one) => typeof one === 'string')
  );
}
