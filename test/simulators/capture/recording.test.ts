import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { formatOf } from '../../../simulators/capture/detect.js';
import { CAPTURE_FORMAT, lineOf } from '../../../simulators/capture/format.js';
import { captureRecording } from '../../../simulators/capture/recording.js';
import { type BadRow, inOrder, planRecording } from '../../../simulators/recording.js';

const folder = mkdtempSync(join(tmpdir(), 'millrace-capture-'));
afterAll(() => rmSync(folder, { recursive: true }));

const HEADER = lineOf({
  kind: 'header',
  header: {
    ...{ format: CAPTURE_FORMAT, version: 1, start: 0, broker: 'mqtt://x:1883', protocolVersion: 4 },
    ...{ filters: ['#'], excluded: [], qos: 2 },
  },
});
const END = lineOf({ kind: 'end', end: { at: 9, messages: 2, reason: 'signal' } });
const GAP = lineOf({ kind: 'gap', gap: { from: 1000, to: 3500, reason: 'lost', kept: false } });
const message = (at: number, topic = 'a') =>
  lineOf({ kind: 'message', message: { at, topic, qos: 1, retain: false, payload: Buffer.from('x') } });

async function read(content: string | Buffer) {
  const file = join(folder, 'capture');
  writeFileSync(file, content);
  const bad: BadRow[] = [];
  const recording = captureRecording(file);
  const plan = await planRecording(recording, (row) => bad.push(row));
  const times: number[] = [];
  for await (const { time } of inOrder(recording, plan)) times.push(time);
  return { plan, bad, times, notes: recording.notes() };
}

describe('a capture', () => {
  test('is its messages', async () => {
    const { plan, bad, times, notes } = await read(HEADER + message(1) + message(2.5, 'b') + END);
    expect(plan).toMatchObject({ rows: 2, badRows: 0, devices: 2, first: 1, last: 2.5, ordered: true });
    expect([bad, times, notes]).toEqual([[], [1, 2.5], []]);
  });

  test('with a torn last line is what came before it', async () => {
    const { bad, times, notes } = await read(HEADER + message(1) + message(2).slice(0, -9));
    expect([bad, times]).toEqual([[], [1]]);
    expect(notes).toEqual([expect.stringContaining('torn')]);
  });

  test('with a last line that lacks its line feed alone is whole', async () => {
    expect(await read(HEADER + message(1) + END.trimEnd())).toMatchObject({ times: [1], notes: [] });
  });

  test('without an end was cut short; gaps are told', async () => {
    const { notes } = await read(HEADER + message(1) + GAP + message(2));
    expect(notes).toEqual([expect.stringContaining('a gap: 2.5 s'), expect.stringContaining('cut short')]);
  });

  test('broken lines are told with their place, and the others go on', async () => {
    const { bad, times } = await read(`${HEADER + message(1)}{"at":\n{}\n${message(2)}${END}`);
    expect(bad.map(({ line }) => line)).toEqual([3, 4]);
    expect(times).toEqual([1, 2]);
  });

  test('joined with another one is both, in order of time', async () => {
    const parts = [HEADER + message(5) + END, HEADER + message(1) + message(2) + END];
    const packed = Buffer.concat(parts.map((part) => gzipSync(part)));
    for (const content of [parts.join(''), packed]) {
      expect(await read(content)).toMatchObject({ times: [1, 2, 5], notes: [], plan: { ordered: false } });
    }
  });

  test('without messages is nothing to replay', async () => {
    await expect(read(HEADER + END)).rejects.toMatchObject({ code: 'REPLAY_EMPTY' });
  });
});

describe('the format of a file', () => {
  const detect = (content: string | Buffer) => {
    const file = join(folder, 'any.csv');
    writeFileSync(file, content);
    return formatOf(file);
  };

  test.each([
    ['capture', HEADER],
    ['capture', `${JSON.stringify({ start: 1, version: 1, format: CAPTURE_FORMAT })}\n`],
    ['events', '{"deviceId":"a","ts":1}\n'],
    ['events', '\uFEFF\n {"note":"\\"format\\":\\"millrace-capture\\""}\n'],
    ['events', `{"long":"${'x'.repeat(2 << 20)}"}\n`],
    ['csv', 'device,time\na,1\n'],
    ['csv', '\uFEFF"device","time"\n'],
    ['csv', ''],
  ])('%s is told by its content: %.40j', async (format, content) => {
    expect(await detect(content)).toBe(format);
    expect(await detect(gzipSync(content))).toBe(format);
  });

  test('a capture of a later version is refused', async () => {
    await expect(detect(HEADER.replace('"version":1', '"version":2'))).rejects.toMatchObject({
      code: 'CAPTURE_FORMAT',
      message: expect.stringContaining('version 2'),
    });
  });
});
