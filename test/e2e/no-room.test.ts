/**
 * No room for the log: acknowledgements stop, /readyz and the metrics say why, nothing acknowledged is lost, and it
 * goes on by itself once there is room.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { padding } from '../support/devices.js';
import { LedgerPublisher } from '../support/ledger-publisher.js';
import { poll } from '../support/poll.js';
import { type Product, startProduct, temporaryDirectory } from '../support/product.js';
import { copyProject } from '../support/project-copy.js';
import { readerOf } from '../support/reader.js';
import { requireService } from '../support/services.js';
import { expectWindows } from '../support/windows.js';

const MORE = padding(10);

function bulkPublisher(): LedgerPublisher {
  let seq = 0;
  return new LedgerPublisher({
    clientId: 'bulk',
    inFlight: 20,
    next: () => ({
      deviceId: 'bulk',
      seq: seq++,
      ts: Date.now(),
      temperature: 21.5,
      humidity: 40,
      battery: 3.75,
      more: MORE,
    }),
  });
}

/** Publishes until acknowledgements stop, and expects the product to say why. */
async function expectHeld(product: Product, publisher: LedgerPublisher, code: string): Promise<void> {
  const reader = readerOf(product);
  const held = await poll(
    async () => {
      const { status, body } = await reader.ready();
      return status === 503 && body;
    },
    { timeoutMs: 60_000, what: 'the log having no room' },
  );
  expect(held.reasons).toContainEqual({
    stream: 'telemetry',
    code,
    reason: expect.stringMatching(/\w/),
  });
  expect(await reader.metric(`millrace_stream_writable{stream="telemetry",code="${code}"}`)).toBe(0);
  expect(publisher.owed).toBeGreaterThan(0);
  // Over HTTP the publisher is told to come again.
  const response = await fetch(`${product.httpUrl}/devices/http/telemetry`, {
    method: 'POST',
    body: JSON.stringify({ ts: Date.now(), temperature: 1, humidity: 2, battery: 3 }),
  });
  expect(response.status).toBe(503);
  expect(response.headers.get('retry-after')).toMatch(/^\d+$/);
}

/** Expects everything to go on, and every event to be there once. */
async function expectRecovered(product: Product, publisher: LedgerPublisher): Promise<void> {
  const reader = readerOf(product);
  const acknowledged = publisher.acknowledged;
  await poll(() => publisher.acknowledged > acknowledged + 50, {
    timeoutMs: 75_000,
    what: 'acknowledgements',
  });
  publisher.pause();
  await poll(() => publisher.owed === 0, { what: 'the last acknowledgements' });
  const { total } = await reader.settledBooks(30_000);
  // The event over HTTP was not acknowledged, and may be there all the same.
  const overHttp = total.acknowledged - publisher.events.length;
  expect([0, 1]).toContain(overHttp);
  expect(total).toMatchObject({ aggregated: publisher.events.length + overHttp, duplicate: 0, late: 0 });
  await expectWindows(reader, publisher.events);
  expect(await reader.ready()).toMatchObject({ status: 200 });
}

/** Runs `work` on a file system of its own. Throws where this user cannot mount one. */
async function onSmallDisk(megabytes: number, work: (disk: string) => Promise<void>): Promise<void> {
  const disk = join(temporaryDirectory(), 'disk');
  mkdirSync(disk);
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', disk], { stdio: 'pipe' });
  try {
    await work(disk);
  } finally {
    // Lazily: after a failed test the product still has files open there.
    execFileSync('umount', ['--lazy', disk]);
  }
}

/** A disk that a ballast file leaves little room on. */
async function onFullDisk(work: (dataDir: string, makeRoom: () => void) => Promise<void>): Promise<void> {
  await onSmallDisk(48, async (disk) => {
    const ballast = join(disk, 'ballast');
    writeFileSync(ballast, Buffer.alloc(20 * 1024 * 1024));
    await work(join(disk, 'data'), () => rmSync(ballast));
  });
}

// Never required: a right is not a thing that CI could install.
const describeDisk = await requireService(
  'the right to mount a tmpfs',
  () => onSmallDisk(1, () => Promise.resolve()),
  {},
);

describeDisk('a full disk', () => {
  test('holds publishers until there is room', async () => {
    await onFullDisk(async (dataDir, makeRoom) => {
      const product = await startProduct({ dataDir });
      const publisher = bulkPublisher();
      await publisher.start(product.mqttUrl);
      await expectHeld(product, publisher, 'DISK_FULL');
      makeRoom();
      await expectRecovered(product, publisher);
      publisher.drop();
      expect(await product.stop()).toEqual({ code: 0, signal: null });
    });
  }, 150_000);

  test('loses nothing that was acknowledged when the process is killed on it', async () => {
    await onFullDisk(async (dataDir, makeRoom) => {
      const first = await startProduct({ dataDir });
      const publisher = bulkPublisher();
      await publisher.start(first.mqttUrl);
      await expectHeld(first, publisher, 'DISK_FULL');
      await first.kill9();
      publisher.drop();
      makeRoom();
      const second = await startProduct({ dataDir });
      await publisher.start(second.mqttUrl, false);
      await poll(() => publisher.owed === 0, { what: 'what was owed' });
      const { total } = await readerOf(second).settledBooks(30_000);
      const overHttp = total.aggregated - publisher.events.length;
      expect([0, 1]).toContain(overHttp);
      await expectWindows(readerOf(second), publisher.events);
      publisher.drop();
      expect(await second.stop()).toEqual({ code: 0, signal: null });
    });
  }, 150_000);
});

test('at the hard limit, publishers wait for the function that holds it up', async () => {
  const project = copyProject({
    'custom.millrace.streams.telemetry': {
      maxBytes: '512KiB',
      hardLimitBytes: '2MiB',
      segmentBytes: '128KiB',
    },
    'functions.faulty': {
      handler: 'faulty/handler.handler',
      timeout: 30,
      memorySize: 128,
      events: [
        {
          stream: {
            type: 'kinesis',
            arn: { 'Fn::GetAtt': ['Telemetry', 'Arn'] },
            batchSize: 1000,
            batchWindow: 1,
            startingPosition: 'TRIM_HORIZON',
            maximumRetryAttempts: -1,
            maximumRecordAgeInSeconds: -1,
          },
        },
      ],
    },
  });
  const fault = join(project.root, 'fault');
  writeFileSync(fault, '');
  mkdirSync(join(project.root, 'faulty'));
  writeFileSync(
    join(project.root, 'faulty', 'handler.mjs'),
    `import { existsSync } from 'node:fs';
export const create = () => ({
  async process() {
    if (existsSync(${JSON.stringify(fault)})) throw new Error('a fault made for a test');
    return { batchItemFailures: [] };
  },
});
`,
  );
  const product = await startProduct({ args: project.args });
  const publisher = bulkPublisher();
  await publisher.start(product.mqttUrl);
  await expectHeld(product, publisher, 'HARD_LIMIT');
  expect(await readerOf(product).metric('millrace_function_failing{function="faulty"}')).toBe(1);
  rmSync(fault);
  await expectRecovered(product, publisher);
  publisher.drop();
  expect(await product.stop()).toEqual({ code: 0, signal: null });
}, 120_000);
