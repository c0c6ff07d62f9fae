import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';
import type { Test } from 'tap';
import { DASHBOARD_DIRECTORY } from '../../src/http/dashboard.ts';
import { CHROMIUM, LAUNCH } from './shared.ts';

/** False, or why the browser tests cannot run here: for the `skip` option. Never skips in CI. */
export const browserIsMissing: string | false =
  !process.env['CI'] && !existsSync(CHROMIUM)
    ? `there is no ${CHROMIUM}: THE BROWSER TESTS DID NOT RUN`
    : false;

export type View = {
  readonly page: Page;
  /** What the browser complained of: errors, policy violations, dialogs, answers above 499. */
  readonly complaints: readonly string[];
  /** Opens a path and waits until its view is there. */
  goto(path: string): Promise<void>;
};

const PHONE = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true };

export const DEVICES = {
  light: { colorScheme: 'light' },
  dark: { colorScheme: 'dark' },
  phone: { ...PHONE, colorScheme: 'light' },
} as const satisfies Record<string, BrowserContextOptions>;

/** The browser that scripts/test.ts shares among all files; a file run alone starts its own. */
function findBrowser(): Promise<Browser> {
  const shared = process.env['POSTHORN_TEST_BROWSER'];
  return shared ? chromium.connect(shared) : chromium.launch(LAUNCH);
}

/** A profile of its own in a browser, on the service at `address`, closed with the test. */
export async function openBrowser(
  t: Test,
  address: string,
  options: BrowserContextOptions = {},
): Promise<View> {
  if (!existsSync(`${DASHBOARD_DIRECTORY}/index.html`)) {
    throw new Error('the dashboard has not been built: run npm run build');
  }
  const browser = await findBrowser();
  // Of the shared one, this closes the connection with the profiles it made.
  t.teardown(() => browser.close());
  const context = await browser.newContext({
    baseURL: address,
    viewport: { width: 1280, height: 860 },
    ...options,
  });
  context.setDefaultTimeout(30_000);
  const complaints: string[] = [];
  const page = await context.newPage();
  page.on('pageerror', (error) => complaints.push(`error: ${error.message}`));
  page.on('dialog', (dialog) => {
    complaints.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('console', (message) => {
    // A violated policy is told on the console, as is every answer above 399: those may be meant.
    const text = message.text();
    if (message.type() === 'error' && !text.startsWith('Failed to load resource')) {
      complaints.push(`console: ${text}`);
    }
  });
  page.on('response', (response) => {
    if (response.status() >= 500) complaints.push(`${response.status()}: ${response.url()}`);
  });
  const goto = async (path: string) => {
    await page.goto(path);
    await page.locator('h1').waitFor();
    await page.getByText('Loading…').waitFor({ state: 'detached' });
  };
  return { page, complaints, goto };
}

/** Keeps a picture where SCREENSHOTS names a folder: those of the README are made so. */
export async function keepPicture(page: Page, name: string): Promise<void> {
  const folder = process.env['SCREENSHOTS'];
  if (folder === undefined) return;
  await mkdir(folder, { recursive: true });
  await page.screenshot({ path: `${folder}/${name}.png` });
}
