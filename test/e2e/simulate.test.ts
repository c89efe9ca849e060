/** `millrace simulate` as a user runs it: verdicts, exit codes, what it prints and keeps, and the page in a browser. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Browser, chromium } from 'playwright-core';
import type { RunResult } from '../../simulators/result.js';
import { command } from '../support/command.js';
import { type Fault, faultyProxy } from '../support/faulty-proxy.js';
import { freePorts } from '../support/free-ports.js';
import { mosquittoCommand, startMosquitto } from '../support/mosquitto.js';
import { poll } from '../support/poll.js';
import { type Product, startProduct, temporaryDirectory } from '../support/product.js';
import { copyProject } from '../support/project-copy.js';
import { projectRoot } from '../support/project-root.js';
import { commandOnPath, requireService } from '../support/services.js';

const describeChromium = await requireService('chromium', () => commandOnPath('chromium'));
const describeMosquitto = await requireService('mosquitto', mosquittoCommand);

const TIMEOUT_MS = 60_000;
let folder: string;

beforeAll(() => {
  folder = temporaryDirectory();
});

const placeOf = ({ mqttUrl, httpUrl }: Product) => [
  '-h',
  '127.0.0.1',
  '-p',
  new URL(mqttUrl).port,
  '--http',
  httpUrl,
];
const simulate = (args: readonly string[]) => command(['simulate', ...args], '', TIMEOUT_MS);
/** Closed at the end of the block that it is opened in. */
async function openBrowser(): Promise<{ readonly browser: Browser } & AsyncDisposable> {
  const args = [
    '--headless',
    '--no-sandbox',
    '--disable-gpu',
    '--no-first-run',
    '--disable-background-networking',
  ];
  const browser = await chromium.launch({ executablePath: commandOnPath('chromium'), args });
  return { browser, [Symbol.asyncDispose]: () => browser.close() };
}

const resultIn = (file: string) => JSON.parse(readFileSync(file, 'utf8')) as RunResult;

describe('against the product', () => {
  let product: Product;
  const result = () => join(folder, 'good.json');
  const page = () => join(folder, 'good.html');

  beforeAll(async () => {
    product = await startProduct();
  }, TIMEOUT_MS);

  test(
    'the demo, shortened: exit code 0, valid JSON lines, and a result that is kept',
    async () => {
      const args = [
        '--duration',
        '4',
        '--devices',
        '12',
        '--any-latency',
        '--out',
        result(),
        '--html',
        page(),
      ];
      const { code, stdout, stderr } = await simulate([...placeOf(product), ...args]);
      expect([code, stderr]).toEqual([0, '']);
      const lines = stdout
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as { type: string });
      expect(lines[0]).toMatchObject({ type: 'started', title: 'Demo', devices: 12, seconds: 4 });
      expect(lines.filter(({ type }) => type === 'second').length).toBeGreaterThanOrEqual(3);
      const last = lines.at(-1) as unknown as RunResult & { type: string; kept: string[] };
      expect(last).toMatchObject({
        type: 'result',
        kept: [result(), page()],
        verdict: { ok: true, findings: [] },
      });
      const kept = resultIn(result());
      expect(kept.verdict).toEqual(last.verdict);
      expect(kept.drive.acknowledged).toBe(kept.drive.sent);
      expect(kept.drive.sent).toBeGreaterThan(200);
      // The backend runs elsewhere: its own metrics tell what it takes.
      expect(kept.samples.some(({ processes }) => (processes.backend?.rss ?? 0) > 0)).toBe(true);
      expect(kept.samples.some(({ lag }) => lag?.aggregate !== undefined)).toBe(true);
      for (const { expected, actual } of kept.ledger) expect(actual).toBe(expected);
    },
    TIMEOUT_MS,
  );

  test(
    'several processes, a closed loop and shared connections come to the same verdict',
    async () => {
      const out = join(folder, 'closed.json');
      const args = [
        '--duration',
        '3',
        '--any-latency',
        '--processes',
        '2',
        '--closed',
        '4',
        '-c',
        '6',
        '-q',
        '2',
        '--out',
        out,
      ];
      const { code, stderr } = await simulate([...placeOf(product), ...args]);
      expect([code, stderr]).toEqual([0, '']);
      expect(resultIn(out).verdict.findings).toEqual([]);
    },
    TIMEOUT_MS,
  );

  test(
    'a broken threshold ends with 99, whatever else was good',
    async () => {
      const scenario = join(folder, 'strict.yml');
      const demo = readFileSync(join(projectRoot, 'simulators/scenarios/demo.yml'), 'utf8');
      writeFileSync(scenario, demo.replace(/alert_latency: .*/, 'acknowledgement_latency: p(50)<0.001'));
      const out = join(folder, 'strict.json');
      const { code } = await simulate([scenario, ...placeOf(product), '--duration', '2', '--out', out]);
      expect(code).toBe(99);
      expect(resultIn(out).verdict).toMatchObject({ ok: false, findings: [] });
    },
    TIMEOUT_MS,
  );

  test(
    'Ctrl-C ends it early, and what was sent is judged',
    async () => {
      const out = join(folder, 'early.json');
      const main = join(projectRoot, 'dist', 'cli', 'main.js');
      const child = spawn(
        process.execPath,
        [main, 'simulate', ...placeOf(product), '--duration', '60', '--out', out],
        {
          stdio: ['ignore', 'pipe', 'inherit'],
        },
      );
      try {
        let text = '';
        child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
          text += chunk;
        });
        await poll(() => text.includes('"type":"second"'), { timeoutMs: 30_000, what: 'the first second' });
        const exited = once(child, 'exit');
        child.kill('SIGINT');
        expect(await exited).toEqual([0, null]);
      } finally {
        child.kill('SIGKILL');
      }
      const { verdict, drive } = resultIn(out);
      expect(verdict).toMatchObject({ ok: true, findings: [] });
      expect(verdict.notChecked).toContain('what was to come: the run was ended early');
      expect(drive.sent).toBeGreaterThan(0);
    },
    TIMEOUT_MS,
  );

  describeChromium('the page', () => {
    test(
      'opens without a request or a complaint, shows the figures, and they can be read off',
      async () => {
        await using chrome = await openBrowser();
        const view = await chrome.browser.newPage();
        const complaints: string[] = [];
        const requests: string[] = [];
        view.on('pageerror', (error) => complaints.push(error.message));
        view.on('console', (message) => complaints.push(message.text()));
        view.on('request', (request) => requests.push(request.url()));
        await view.goto(`file://${page()}`);
        const { drive, scenario } = resultIn(result());
        const text = (await view.locator('body').textContent()) ?? '';
        expect(text).toContain('✓ Good');
        expect(text).toContain(drive.sent.toLocaleString('en-US'));
        expect(text).toContain(scenario.digest);
        expect(await view.locator('.chart svg[role=img][aria-label]').count()).toBeGreaterThanOrEqual(5);
        const svg = view.locator('.chart svg').first();
        await svg.focus();
        await view.keyboard.press('ArrowRight');
        expect(await view.locator('.reading').first().textContent()).toMatch(/1 s.*acknowledged \d+/);
        await view.emulateMedia({ media: 'print' });
        expect(await view.locator('h1').textContent()).toBe('Demo');
        expect(complaints).toEqual([]);
        expect(requests.filter((url) => !url.startsWith('file://') && !url.startsWith('data:'))).toEqual([]);
      },
      TIMEOUT_MS,
    );

    test(
      'report makes it again from what was kept, beside an earlier run',
      async () => {
        const html = join(folder, 'again.html');
        const { code, stdout } = await command(['report', result(), join(folder, 'closed.json'), '-o', html]);
        expect(code).toBe(0);
        expect(stdout).toMatch(/^✓ GOOD/);
        await using chrome = await openBrowser();
        const view = await chrome.browser.newPage({ colorScheme: 'dark' });
        await view.goto(`file://${html}`);
        expect(await view.locator('#comparison').isVisible()).toBe(true);
      },
      TIMEOUT_MS,
    );
  });

  test(
    'runs of different scenarios are not compared, and that is said before anything is sent',
    async () => {
      const args = ['cold-chain', ...placeOf(product), '--compare', result()];
      const { code, stdout, stderr } = await simulate(args);
      expect([code, stdout]).toEqual([1, '']);
      expect(stderr).toContain('REPORT_COMPARE');
    },
    TIMEOUT_MS,
  );
});

test(
  'a backend that alerts nobody is found out, with the exact events',
  async () => {
    const project = copyProject({ 'functions.alert.events.0.stream.enabled': false });
    const product = await startProduct({ args: project.args });
    const out = join(folder, 'bad.json');
    const args = ['--duration', '3', '--settle', '3', '--config', project.config, '--out', out];
    const { code, stderr } = await simulate([...placeOf(product), ...args]);
    await product.stop();
    expect([code, stderr]).toEqual([99, '']);
    const { verdict } = resultIn(out);
    expect(verdict.ok).toBe(false);
    const lost = verdict.findings.find(({ kind, where }) => kind === 'lost' && where === 'alert');
    expect(lost?.examples[0]?.what).toMatch(
      /^HighTemperature of sim-\w+-\d+ from \S+ was never told, caused by report \d+ of sim-\w+-\d+/,
    );
  },
  TIMEOUT_MS,
);

test(
  'nobody listens: one clear error, exit code 1, nothing kept',
  async () => {
    const [port] = await freePorts(1);
    const out = join(folder, 'none.json');
    const { code, stderr } = await simulate([
      '-h',
      '127.0.0.1',
      '-p',
      String(port),
      '--http',
      'http://127.0.0.1:1',
      '--out',
      out,
    ]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^millrace: .*127\.0\.0\.1:\d+.*\[\w+\]/);
    expect(existsSync(out)).toBe(false);
  },
  TIMEOUT_MS,
);

test(
  'scenarios lists what there is, and a misspelt one is answered with the right one',
  async () => {
    const { stdout } = await command(['scenarios', '--json']);
    const names = (JSON.parse(stdout) as { name: string }[]).map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(['demo', 'cold-chain']));
    expect((await command(['scenarios'])).stdout).toContain('demo  (20 devices');
    const { code, stderr } = await simulate(['cold-chian']);
    expect(code).toBe(1);
    expect(stderr).toContain('cold-chain');
  },
  TIMEOUT_MS,
);

describeMosquitto('against a broker that is not Millrace', () => {
  const nowhere = ['--http', 'http://127.0.0.1:1'];

  test(
    'what it hands on is judged, over TLS and as a user as well',
    async () => {
      const broker = await startMosquitto({ user: { name: 'fleet', password: 'let me in' } });
      const out = join(folder, 'tls.json');
      const secure = ['-h', 'localhost', '-p', String(broker.tlsPort), '--cafile', broker.certificate.cert];
      const user = ['-u', 'fleet', '-P', 'let me in', '-V', 'mqttv5'];
      const { code, stderr } = await simulate([
        ...secure,
        ...user,
        ...nowhere,
        '--duration',
        '2',
        '--out',
        out,
      ]);
      await broker.close();
      expect([code, stderr]).toEqual([0, '']);
      const { verdict, ledger, target } = resultIn(out);
      expect(target).toMatch(/^mqtts:\/\/localhost:/);
      expect(verdict.notChecked).toEqual([expect.stringContaining('anything but transport')]);
      expect(ledger[0]).toMatchObject({ what: 'handed on', actual: ledger[0]!.expected });
      expect(readFileSync(out, 'utf8')).not.toContain('let me in');
    },
    TIMEOUT_MS,
  );

  test(
    'a message that gets lost on the way is named, with 99',
    async () => {
      const broker = await startMosquitto();
      let lost: string | undefined;
      const proxy = await faultyProxy(broker.port, (payload): Fault | undefined => {
        const text = payload.toString();
        if (lost !== undefined || !text.includes('"temperature"')) return undefined;
        lost = text;
        return 'drop';
      });
      const out = join(folder, 'lossy.json');
      const { code } = await simulate([
        '-h',
        '127.0.0.1',
        '-p',
        String(proxy.port),
        '--transport-only',
        '--duration',
        '2',
        '--out',
        out,
      ]);
      await proxy.close();
      await broker.close();
      expect(code).toBe(99);
      const [finding] = resultIn(out).verdict.findings;
      expect(finding).toMatchObject({ kind: 'lost', where: 'transport', count: 1 });
      expect(finding!.examples[0]).toMatchObject({ expected: lost });
    },
    TIMEOUT_MS,
  );
});
