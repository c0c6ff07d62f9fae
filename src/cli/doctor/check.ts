export type CheckStatus = 'ok' | 'warning' | 'failed' | 'skipped';

/** One thing that was looked at. */
export type Check = {
  readonly name: string;
  readonly status: CheckStatus;
  readonly detail: string;
  /** How to fix it, unless it is ok. */
  readonly fix?: string;
};

export function ok(name: string, detail: string): Check {
  return { name, status: 'ok', detail };
}

export function warning(name: string, detail: string, fix: string): Check {
  return { name, status: 'warning', detail, fix };
}

export function failed(name: string, detail: string, fix: string): Check {
  return { name, status: 'failed', detail, fix };
}

export function skipped(name: string, detail: string): Check {
  return { name, status: 'skipped', detail };
}
