import { existsSync } from 'node:fs';
import { chromium, type BrowserServer } from 'playwright-core';

export const CHROMIUM = process.env['CHROMIUM'] ?? '/usr/bin/chromium';

/** Without a sandbox since CI runs as root, asking nothing of the network. */
export const LAUNCH = {
  executablePath: CHROMIUM,
  args: [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
  ],
};

/** One browser for many test files, which connect to it; undefined where there is none. */
export async function startBrowser(): Promise<BrowserServer | undefined> {
  return existsSync(CHROMIUM) ? chromium.launchServer({ ...LAUNCH, host: '127.0.0.1' }) : undefined;
}
