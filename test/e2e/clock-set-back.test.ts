/**
 * The system clock set back by an hour, while the product runs and over a restart: time in the stream does not go
 * back, windows go on closing, and alerts are told at once.
 */
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import mqtt from 'mqtt';
import { pino } from 'pino';
import { loadManifest } from '../../runtime/manifest/load.js';
import { openEmbeddedStream } from '../../streams/embedded/embedded-stream.js';
import { FrameCursor, RecordKind } from '../../streams/record.js';
import { AlertSession } from '../support/alert-session.js';
import { poll } from '../support/poll.js';
import { type Product, startProduct, temporaryDirectory } from '../support/product.js';
import { copyProject, type ProjectCopy } from '../support/project-copy.js';
import { type Reader, readerOf } from '../support/reader.js';
import { requireService } from '../support/services.js';

/** Where Debian and its relatives have it. */
const FOLDERS = ['x86_64-linux-gnu', 'aarch64-linux-gnu'].map((name) => `/usr/lib/${name}/faketime`);

function libfaketime(): string {
  const found = FOLDERS.map((folder) => join(folder, 'libfaketimeMT.so.1')).find((path) => existsSync(path));
  if (found === undefined) throw new Error('no libfaketimeMT.so.1: apt-get install libfaketime');
  return found;
}

async function publish(product: Product, deviceId: string, temperature: number): Promise<void> {
  const client = await mqtt.connectAsync(product.mqttUrl);
  const event = { ts: Date.now(), temperature, humidity: 40, battery: 3.75 };
  await client.publishAsync(`devices/${deviceId}/telemetry`, JSON.stringify(event), { qos: 1 });
  await client.endAsync();
}

/** The device's window closes: ticks go on, and go forward. */
async function expectWindowCloses(reader: Reader, deviceId: string): Promise<void> {
  await poll(
    async () => (await reader.all(`/devices/${deviceId}/windows`)).some(({ closed }) => closed === true),
    { timeoutMs: 20_000, what: `the window of ${deviceId} having closed` },
  );
}

/** Every record's time, per partition in the order of the stream. */
async function recordTimes(
  project: ProjectCopy,
  dataDir: string,
): Promise<{ tick: boolean; time: number }[][]> {
  const manifest = await loadManifest(project.config, process.env);
  const { name, partitions, retentionMs } = manifest.streams.find((each) => each.name === 'telemetry')!;
  const stream = await openEmbeddedStream({
    directory: dataDir,
    name,
    partitions,
    retentionMs,
    settings: manifest.settings.streams[name]!,
    log: pino({ level: 'silent' }),
  });
  try {
    const times: { tick: boolean; time: number }[][] = [];
    for (let partition = 0; partition < partitions; partition++) {
      const { end } = stream.ends(partition);
      const found: { tick: boolean; time: number }[] = [];
      while (BigInt(found.length) < end) {
        const limits = { maxRecords: 10_000, maxBytes: 1 << 20 };
        const cursor = new FrameCursor((await stream.read(partition, BigInt(found.length), limits)).frames);
        while (cursor.next()) {
          found.push({ tick: cursor.kind === RecordKind.tick, time: cursor.arrivalTime });
        }
      }
      times.push(found);
    }
    return times;
  } finally {
    await stream.close();
  }
}

const describeFaketime = await requireService('libfaketime', libfaketime);

describeFaketime('a clock set back by an hour', () => {
  test('does not stop windows and alerts, nor time in the stream', async () => {
    const project = copyProject();
    writeFileSync(
      join(project.root, 'aggregations', 'default.yml'),
      'aggregations:\n  - { name: device, window: 1s, by: device, allowedLateness: 1s }\n',
    );
    const dataDir = temporaryDirectory();
    const clockFile = join(temporaryDirectory(), 'clock');
    writeFileSync(clockFile, '+0\n');
    const faked = {
      dataDir,
      args: project.args,
      env: {
        LD_PRELOAD: libfaketime(),
        FAKETIME_TIMESTAMP_FILE: clockFile,
        FAKETIME_NO_CACHE: '1',
        FAKETIME_DONT_FAKE_MONOTONIC: '1',
      },
    };
    const watcher = new AlertSession('clock-watcher');
    const first = await startProduct(faked);
    await watcher.start(first.mqttUrl);
    await publish(first, 'before', 21.5);
    await publish(first, 'hot-before', 85);
    await expectWindowCloses(readerOf(first), 'before');

    writeFileSync(clockFile, '-1h\n');
    await publish(first, 'after', 21.5);
    await publish(first, 'hot-after', 85);
    await poll(() => watcher.firing().has('hot-after'), { what: 'an alert after the clock was set back' });
    await expectWindowCloses(readerOf(first), 'after');
    const arrivals = [];
    for (const deviceId of ['before', 'after']) {
      arrivals.push(Date.parse((await readerOf(first).json(`/devices/${deviceId}`)).arrivalTime));
    }
    expect(arrivals[1]).toBeGreaterThanOrEqual(arrivals[0]!);
    expect(await first.stop()).toEqual({ code: 0, signal: null });
    watcher.drop();

    // Started while the clock is behind what the stream has seen.
    const second = await startProduct(faked);
    await watcher.start(second.mqttUrl);
    await publish(second, 'restarted', 21.5);
    await publish(second, 'hot-restarted', 85);
    await poll(() => watcher.firing().has('hot-restarted'), { what: 'an alert after the restart' });
    await expectWindowCloses(readerOf(second), 'restarted');
    const { total } = await readerOf(second).settledBooks();
    expect(total).toMatchObject({ acknowledged: 6, aggregated: 6, late: 0, quarantined: 0 });
    expect(await second.stop()).toEqual({ code: 0, signal: null });
    watcher.drop();

    for (const records of await recordTimes(project, dataDir)) {
      const ticks = records.filter(({ tick }) => tick).map(({ time }) => time);
      expect(ticks.length).toBeGreaterThan(4);
      expect(ticks).toEqual([...ticks].sort((a, b) => a - b));
      const events = records.filter(({ tick }) => !tick).map(({ time }) => time);
      expect(events).toEqual([...events].sort((a, b) => a - b));
    }
  }, 120_000);
});
