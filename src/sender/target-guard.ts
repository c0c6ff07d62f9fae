import { createAddressGuard, type AddressGuard, type Refusal } from './address-guard.ts';
import { boundedCache } from './bounded-cache.ts';

export const LOOPBACK_NETWORKS: readonly string[] = Object.freeze(['127.0.0.0/8', '::1/128']);

/** Instead of a list of networks: loopback, for as long as there has never been an API key. */
export const LOOPBACK_UNTIL_FIRST_KEY = 'loopback-until-first-key';

/** Which private networks deliveries may go to. */
export type PrivateTargets = readonly string[] | typeof LOOPBACK_UNTIL_FIRST_KEY;

export type TargetGuard = AddressGuard & {
  /**
   * Whether a URL is one that was open before the first API key, as far as that can be said without
   * resolving its name: deliveries to it are held, since the operator may open it again.
   */
  isClosed(url: string): boolean;
};

export type TargetGuardOptions = {
  readonly privateTargets: PrivateTargets;
  /** Whether there is or was an API key; asked for each call. */
  isKeyThere(): boolean;
};

const CLOSED =
  'this machine is no target since there is an API key, unless ALLOW_PRIVATE_TARGETS opens it';
const MAX_REMEMBERED = 4_096;

/** The address guard of a process, which changes its mind when the first API key is made. */
export function createTargetGuard({ privateTargets, isKeyThere }: TargetGuardOptions): TargetGuard {
  if (privateTargets !== LOOPBACK_UNTIL_FIRST_KEY) {
    const fixed = createAddressGuard({ allowedPrivateCidrs: [...privateTargets] });
    return { ...fixed, isClosed: () => false };
  }
  const open = createAddressGuard({ allowedPrivateCidrs: [...LOOPBACK_NETWORKS] });
  const closed = createAddressGuard({ allowedPrivateCidrs: [] });
  const wasOpen = boundedCache(
    MAX_REMEMBERED,
    (url) => open.checkUrl(url).ok && !closed.checkUrl(url).ok,
  );

  /** What is refused now and was not before says so. */
  function ask<Verdict extends { ok: true }>(
    ask: (guard: AddressGuard) => Verdict | Refusal,
  ): Verdict | Refusal {
    const before = ask(open);
    if (!isKeyThere() || !before.ok) return before;
    const verdict = ask(closed);
    return verdict.ok ? verdict : { ok: false, reason: CLOSED, isClosed: true };
  }

  return {
    checkUrl: (url) => ask((guard) => guard.checkUrl(url)),
    checkAddress: (ip) => ask((guard) => guard.checkAddress(ip)),
    isClosed: (url) => isKeyThere() && wasOpen(url),
  };
}
