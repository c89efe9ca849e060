/** `millrace bill`: what it prints, and its page in a real browser, light and dark. */
import { execFile } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { chromium } from 'playwright-core';
import { projectRoot } from '../support/project-root.js';
import { commandOnPath, requireService } from '../support/services.js';

const describeChromium = await requireService('chromium', () => commandOnPath('chromium'));
const ARGUMENTS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--no-first-run',
  '--disable-background-networking',
];

const bill = (...args: string[]) =>
  promisify(execFile)(process.execPath, [join(projectRoot, 'dist', 'cli', 'main.js'), 'bill', ...args]);

test('flags alone make a bill; --json has all of it', async () => {
  const { stdout } = await bill('--devices', '1000000', '--payload', '300,900', '--json');
  const { total, quotas, profile } = JSON.parse(stdout);
  expect(total.month).toBeGreaterThan(1000);
  expect(profile).toMatchObject({ devices: 1_000_000, payloadBytes: { mean: 300, p95: 900 } });
  expect(quotas.some((use: { exceeded: boolean }) => use.exceeded)).toBe(true);
}, 30_000);

test('what is wrong is said, with exit code 1', async () => {
  await expect(bill('/nowhere/result.json')).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringContaining('[RESULT_UNREADABLE]'),
  });
  await expect(bill('--devices', '-3')).rejects.toMatchObject({ code: 1 });
}, 30_000);

describeChromium('the page', () => {
  test.each(['light', 'dark'] as const)(
    '%s: opens without an error, and shows the total and both pictures',
    async (colorScheme) => {
      const file = join(mkdtempSync(join(tmpdir(), 'millrace-bill-')), 'bill.html');
      const { stdout } = await bill('--html', file);
      const browser = await chromium.launch({ executablePath: commandOnPath('chromium'), args: ARGUMENTS });
      try {
        const page = await browser.newPage({ colorScheme, viewport: { width: 900, height: 900 } });
        const complaints: string[] = [];
        page.on('pageerror', (error) => complaints.push(error.message));
        page.on('console', (message) => complaints.push(message.text()));
        page.on('request', (request) => {
          if (!request.url().startsWith('file:') && !request.url().startsWith('data:'))
            complaints.push(request.url());
        });
        await page.goto(pathToFileURL(file).href);
        const total = stdout.split(' ')[0]!;
        expect(await page.locator('.bill-total b').textContent()).toBe(total);
        expect(await page.locator('.bill svg').count()).toBe(2);
        const [wide, room] = await page.evaluate<number[]>('[document.body.scrollWidth, innerWidth]');
        expect(wide).toBeLessThanOrEqual(room!);
        expect(complaints).toEqual([]);
      } finally {
        await browser.close();
      }
    },
    60_000,
  );
});
