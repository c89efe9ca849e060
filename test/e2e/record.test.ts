/**
 * Recording and replaying with real brokers: what was recorded comes again, message for message, byte for byte;
 * recorders outlive their broker, their disk and their end.
 */
import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connectAsync, type MqttClient } from 'mqtt';
import { command } from '../support/command.js';
import { type Mosquitto, mosquittoCommand, startMosquitto } from '../support/mosquitto.js';
import { poll } from '../support/poll.js';
import { startProduct, temporaryDirectory } from '../support/product.js';
import { projectRoot } from '../support/project-root.js';
import { byTopic, captured, startRecorder } from '../support/recorder.js';
import { requireService } from '../support/services.js';

const describeMosquitto = await requireService('mosquitto (apt-get install mosquitto)', mosquittoCommand);

const at = (port: number | string) => ['-h', '127.0.0.1', '-p', String(port)];
const portOf = (url: string) => new URL(url).port;

async function replay(...args: string[]): Promise<Record<string, unknown>> {
  const { code, stdout, stderr } = await command(['replay', '--json', ...args], '', 60_000);
  if (code !== 0) throw new Error(`replay ended with ${code}: ${stderr}`);
  return JSON.parse(stdout.trim().split('\n').at(-1)!) as Record<string, unknown>;
}

/** Records what `send` sends; the number of messages is known. */
async function recorded(
  file: string,
  port: number | string,
  messages: number,
  send: () => Promise<unknown>,
  ...args: string[]
): Promise<void> {
  const recorder = await startRecorder([file, ...at(port), '-R', ...args]);
  await send();
  await poll(() => recorder.messages() >= messages, {
    timeoutMs: 30_000,
    what: `${messages} messages recorded`,
  });
  expect(await recorder.stop()).toEqual({ code: 0, stderr: '' });
  expect(recorder.lines('summary')[0]).toMatchObject({ messages, reason: 'signal', gaps: 0 });
}

describeMosquitto('with Mosquitto', () => {
  let [one, other]: Mosquitto[] = [];
  const folder = temporaryDirectory();
  const clients: MqttClient[] = [];

  async function client(port: number, protocolVersion: 4 | 5 = 4): Promise<MqttClient> {
    const made = await connectAsync(`mqtt://127.0.0.1:${port}`, { protocolVersion });
    clients.push(made);
    return made;
  }

  beforeAll(async () => {
    [one, other] = await Promise.all([startMosquitto(), startMosquitto()]);
  });
  afterAll(async () => {
    for (const made of clients) made.end(true);
    await Promise.all([one?.close(), other?.close()]);
  });

  test('a simulated run, recorded, replayed and recorded again, is the same on every topic', async () => {
    const [first, second, third] = ['first.ndjson', 'second.ndjson.gz', 'third.ndjson'].map((name) =>
      join(folder, name),
    ) as [string, string, string];
    const recorder = await startRecorder([first, ...at(one!.port)]);
    const args = [
      '--no-oracle',
      '--devices',
      '5',
      '--rate',
      '300',
      '--duration',
      '2',
      '--seed',
      '7',
      '--json',
    ];
    const out = join(folder, 'run.json');
    const run = await command(['simulate', ...at(one!.port), ...args, '--out', out], '', 60_000);
    expect([run.code, run.stderr]).toEqual([0, '']);
    // No more come for a while: QoS 1, so what is acknowledged is on its way.
    let before = -1;
    await poll(
      () => {
        const [last, now] = [before, recorder.messages()];
        before = now;
        return now > 100 && now === last;
      },
      { timeoutMs: 30_000, intervalMs: 1500, what: 'the recorder being done' },
    );
    await recorder.stop();
    const original = await captured(first);
    expect(original.length).toBe(before);

    await recorded(second, other!.port, before, async () => {
      const summary = await replay(first, ...at(other!.port), '--speed', '10');
      expect(summary).toMatchObject({
        format: 'capture',
        rows: before,
        sent: before,
        ok: true,
        unshifted: 0,
      });
    });
    expect(byTopic(await captured(second))).toEqual(byTopic(original));
    expect(readFileSync(second).subarray(0, 2)).toEqual(Buffer.from([0x1f, 0x8b]));

    // A packed capture of a replay, replayed under another name.
    await recorded(third, one!.port, before, () =>
      replay(second, ...at(one!.port), '--topic-prefix', 'again/'),
    );
    const renamed = (await captured(third)).map((message) => ({
      ...message,
      topic: message.topic.replace(/^again\//, ''),
    }));
    expect(byTopic(renamed)).toEqual(byTopic(original));
  }, 120_000);

  test('any bytes, every QoS, retained or not, and what MQTT 5 sends along, are kept', async () => {
    const [first, second] = [join(folder, 'bytes.ndjson'), join(folder, 'bytes-again.ndjson')];
    const sender = await client(one!.port, 5);
    const payloads = [
      Buffer.alloc(0),
      Buffer.from([0, 0xff, 0xfe, 10]),
      Buffer.from('\u2028"\\\n'),
      Buffer.alloc(70_000, 0xc3),
    ];
    const messages = payloads.length * 3;
    await recorded(
      first,
      one!.port,
      messages,
      async () => {
        for (const qos of [0, 1, 2] as const) {
          for (const payload of payloads) {
            const properties = {
              contentType: 'x',
              correlationData: Buffer.from([1, 255]),
              userProperties: { a: 'b' },
            };
            await sender.publishAsync(`bytes/ü "${qos}"`, payload, { qos, retain: qos === 1, properties });
          }
        }
      },
      ...['-t', 'bytes/#', '-V', '5'],
    );
    const original = await captured(first);
    expect(original.map(({ payload }) => payload)).toEqual([...payloads, ...payloads, ...payloads]);
    expect(original.flatMap(({ qos, retain }) => [qos, retain])).toEqual(
      [0, 1, 2].flatMap((qos) => payloads.flatMap(() => [qos, qos === 1])),
    );
    expect(original[0]!.properties).toEqual({
      contentType: 'x',
      correlationData: Buffer.from([1, 255]),
      userProperties: expect.objectContaining({ a: 'b' }),
    });
    await recorded(
      second,
      other!.port,
      messages,
      () => replay(first, ...at(other!.port), '-V', '5'),
      '-V',
      '5',
    );
    expect(byTopic(await captured(second))).toEqual(byTopic(original));
  }, 60_000);

  test('over TLS and WebSocket, for a part of the topics, with other times, QoS and topics', async () => {
    const [first, second] = [join(folder, 'tls.ndjson'), join(folder, 'ws.ndjson')];
    const sender = await client(one!.port);
    const tls = ['-h', 'localhost', '-p', String(one!.tlsPort), '--cafile', one!.certificate.cert];
    const recorder = await startRecorder([first, ...tls, '-t', 'tls/#', '-T', 'tls/not', '-C', '3']);
    for (const topic of ['tls/a', 'tls/not', 'tls/b', 'other', 'tls/c', 'tls/too-many']) {
      await sender.publishAsync(topic, '{"ts":1700000000000,"v":1.0}', { qos: 1 });
    }
    await poll(() => recorder.lines('summary').length > 0, {
      what: 'the recorder having its three messages',
    });
    expect(recorder.lines('summary')[0]).toMatchObject({ messages: 3, reason: 'count' });
    expect((await captured(first)).map(({ topic }) => topic)).toEqual(['tls/a', 'tls/b', 'tls/c']);

    const ws = ['-h', '127.0.0.1', '-p', String(other!.wsPort), '--ws'];
    await recorded(second, other!.port, 4, async () => {
      const map = ['--map-topic', 'tls/+=devices/{1}/telemetry', '--filter', 'tls/a', '--filter', 'tls/c'];
      const summary = await replay(
        first,
        ...ws,
        ...map,
        '-q',
        '0',
        '--shift',
        '1h',
        '--loop',
        '2',
        '--retain',
      );
      expect(summary).toMatchObject({ rows: 2, sent: 4, acknowledged: 4, unshifted: 0 });
    });
    const again = await captured(second);
    expect(again.map(({ topic, qos }) => [topic, qos])).toEqual([
      ...[
        ['devices/a/telemetry', 0],
        ['devices/c/telemetry', 0],
      ],
      ...[
        ['devices/a/telemetry', 0],
        ['devices/c/telemetry', 0],
      ],
    ]);
    expect(again[0]!.payload.toString()).toBe('{"ts":1700003600000,"v":1.0}');
    expect(JSON.parse(again[2]!.payload.toString()).ts).toBeGreaterThan(1_700_003_600_000);
  }, 60_000);

  test('a recorder outlives its broker and marks the gap', async () => {
    const file = join(folder, 'gap.ndjson');
    const broker = await startMosquitto();
    const send = async (text: string) => {
      const sender = await client(broker.port);
      await sender.publishAsync('gap', text, { qos: 1 });
      await sender.endAsync();
    };
    const recorder = await startRecorder([file, ...at(broker.port)]);
    await send('before');
    await poll(() => recorder.messages() === 1, { what: 'the first message' });
    await broker.kill();
    await poll(() => recorder.lines('connectionLost').length > 0, { what: 'the loss being noticed' });
    await broker.start();
    await poll(() => recorder.lines('gap').length > 0, { what: 'the recorder being back' });
    await send('after');
    await poll(() => recorder.messages() === 2, { what: 'the second message' });
    expect((await recorder.stop()).code).toBe(0);
    await broker.close();
    const lines = readFileSync(file, 'utf8').trim().split('\n');
    const kinds = lines.map((line) => Object.keys(JSON.parse(line) as object)[0]);
    expect(kinds).toEqual(['format', 'at', 'gap', 'at', 'end']);
    expect(recorder.lines('summary')[0]).toMatchObject({ messages: 2, gaps: 1, reason: 'signal' });
    expect((await captured(file)).map(({ payload }) => payload.toString())).toEqual(['before', 'after']);
  }, 60_000);

  test('with a session kept by the broker, nothing is missing after a lost connection', async () => {
    const file = join(folder, 'session.ndjson');
    const id = 'kept-session';
    const recorder = await startRecorder([
      file,
      ...at(one!.port),
      '-t',
      'session',
      '-i',
      id,
      '-c',
      '--sync',
      '100ms',
    ]);
    // Another client with its id takes the connection over, and goes: the session stays.
    const rival = await connectAsync(`mqtt://127.0.0.1:${one!.port}`, {
      ...{ clientId: id, clean: false, reconnectPeriod: 0 },
    });
    const sender = await client(one!.port);
    await poll(() => recorder.lines('connectionLost').length > 0, { what: 'the connection being lost' });
    rival.end(true);
    for (let i = 0; i < 50; i++) await sender.publishAsync('session', String(i), { qos: 1 });
    await poll(() => recorder.messages() >= 50, { timeoutMs: 20_000, what: 'all messages' });
    expect((await recorder.stop()).code).toBe(0);
    const texts = (await captured(file)).map(({ payload }) => payload.toString());
    expect([...new Set(texts)]).toEqual(Array.from({ length: 50 }, (_, i) => String(i)));
    expect(recorder.lines('gap').length).toBeGreaterThan(0);
    expect(recorder.lines('gap').every(({ kept }) => kept === true)).toBe(true);
  }, 60_000);

  test('what a recorder that was killed has written can be replayed', async () => {
    const file = join(folder, 'killed.ndjson.gz');
    const recorder = await startRecorder([file, ...at(one!.port), '-t', 'killed', '--sync', '50ms']);
    const sender = await client(one!.port);
    for (let i = 0; i < 200; i++) await sender.publishAsync('killed', `${i}`, { qos: 1 });
    await poll(() => recorder.messages() === 200, { what: 'all messages received' });
    await sender.publishAsync('killed', 'one more');
    await recorder.stop('SIGKILL');
    const { rows } = (await replay(file, ...at(other!.port))) as { rows: number };
    expect(rows).toBeGreaterThanOrEqual(200);
  }, 60_000);

  test('a disk without room ends the recording with an error, and what was written can be replayed', async () => {
    const file = join(folder, 'full.ndjson');
    const main = ['dist/cli/main.js', 'record', file, ...at(one!.port), '-t', 'full', '--sync', '50ms'];
    // The system's limit to the size of a file stands for a full disk: 64 blocks of 1024 bytes.
    const sender = await client(one!.port);
    const timer = setInterval(() => sender.publish('full', 'x'.repeat(2000), { qos: 1 }), 5);
    const script = `trap '' XFSZ; ulimit -f 64; exec "$0" "$@"`;
    const [code, stderr] = await new Promise<[unknown, string]>((resolve) => {
      const args = ['-c', script, process.execPath, ...main];
      execFile('bash', args, { cwd: projectRoot, timeout: 30_000 }, (error, _, text) =>
        resolve([error?.code, text]),
      );
    });
    clearInterval(timer);
    expect([code, stderr]).toEqual([1, expect.stringContaining('RECORD_NO_ROOM')]);
    expect((await captured(file)).length).toBeGreaterThan(10);
    expect(readFileSync(file).at(-1)).toBe(10);
  }, 60_000);

  test('wrong ways to start say what is wrong, and leave no file', async () => {
    const file = join(folder, 'never.ndjson');
    const existing = join(folder, 'existing.ndjson');
    writeFileSync(existing, 'precious');
    for (const [args, words] of [
      [[file, ...at(1)], 'MQTT_CONNECT'],
      [[file, '-h', 'http://127.0.0.1:8080'], 'MQTT_TRANSPORT'],
      [[file, ...at(one!.port), '-c'], 'RECORD_FLAGS'],
      [[file, ...at(one!.port), '-t', 'a/#/b'], 'MQTT topic filter'],
      [[existing, ...at(one!.port)], 'RECORD_EXISTS'],
      [[join(folder, 'none', 'x'), ...at(one!.port)], 'RECORD_FILE'],
    ] as const) {
      const { code, stderr } = await command(['record', ...args]);
      expect([code, stderr]).toEqual([1, expect.stringContaining(words)]);
    }
    expect(() => readFileSync(file)).toThrow();
    expect(readFileSync(existing, 'utf8')).toBe('precious');
  }, 60_000);

  test('JSON events are replayed by their fields, those of a time and a device alone when asked for', async () => {
    const events = join(folder, 'events.ndjson');
    const file = join(folder, 'events-recorded.ndjson');
    const line = (id: string, minute: number) =>
      `${JSON.stringify({ sensor: id, when: `2024-01-01T00:0${minute}:00Z`, v: { nested: minute } })}\n`;
    // Device by device: to be sorted by time.
    const lines = [
      line('a1', 0),
      line('a1', 2),
      line('a1', 4),
      line('a2', 1),
      line('a2', 3),
      'nonsense\n',
      line('b', 2),
    ];
    writeFileSync(events, lines.join(''));
    await recorded(file, other!.port, 4, async () => {
      const fields = ['--device-column', 'sensor', '--time-column', 'when'];
      const part = ['--device', 'a*', '--from', '1m', '--to', '2024-01-01T00:05:00Z'];
      const summary = await replay(events, ...at(other!.port), ...fields, ...part, '--start', '2025-01-01');
      expect(summary).toMatchObject({ format: 'events', rows: 4, badRows: 1, sent: 4, ok: true });
    });
    const start = Date.UTC(2025, 0, 1);
    expect((await captured(file)).map(({ topic, payload }) => `${topic} ${payload}`)).toEqual([
      `devices/a2/telemetry {"ts":${start},"seq":1,"v":{"nested":1}}`,
      `devices/a1/telemetry {"ts":${start + 60_000},"seq":1,"v":{"nested":2}}`,
      `devices/a2/telemetry {"ts":${start + 120_000},"seq":2,"v":{"nested":3}}`,
      `devices/a1/telemetry {"ts":${start + 180_000},"seq":2,"v":{"nested":4}}`,
    ]);
  }, 60_000);

  test("the product's alerts, recorded, and replayed to another broker", async () => {
    const [first, second] = [join(folder, 'alerts.ndjson'), join(folder, 'alerts-again.ndjson')];
    const product = await startProduct();
    await recorded(
      first,
      portOf(product.mqttUrl),
      2,
      async () => {
        const device = await client(Number(portOf(product.mqttUrl)));
        for (const temperature of [85, 21]) {
          const event = JSON.stringify({ ts: Date.now(), temperature, humidity: 40, battery: 3.75 });
          await device.publishAsync('devices/hot-1/telemetry', event, { qos: 1 });
        }
      },
      ...['-t', 'alerts/#'],
    );
    const alerts = await captured(first);
    expect(alerts.map(({ payload }) => (JSON.parse(payload.toString()) as { state: string }).state)).toEqual([
      'firing',
      'resolved',
    ]);
    await recorded(second, other!.port, 2, () => replay(first, ...at(other!.port)), '-t', 'alerts/#');
    expect(byTopic(await captured(second))).toEqual(byTopic(alerts));
    // Alerts are the product's to publish: it closes the connection of whoever tries.
    const refused = await command(['replay', first, ...at(portOf(product.mqttUrl))]);
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringMatching(/alerts\/.*REPLAY_REFUSED/)]);
  }, 60_000);
});
