import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { completeMapping, type MappedRow } from '../../simulators/mapping.js';
import { type BadRow, inOrder, planRecording } from '../../simulators/recording.js';
import { csvRecording } from '../../simulators/recording-csv.js';

const folder = mkdtempSync(join(tmpdir(), 'millrace-recording-'));
afterAll(() => rmSync(folder, { recursive: true }));

const MAPPING = completeMapping({ deviceColumn: 'device', timeColumn: 'time' });
const HOUR = 3_600_000;
const T0 = Date.UTC(2020, 0, 1);
const at = (hour: number) => new Date(T0 + hour * HOUR).toISOString();

async function read(text: string | Buffer) {
  const file = join(folder, 'recording.csv');
  writeFileSync(file, text);
  const bad: BadRow[] = [];
  const recording = csvRecording(file, MAPPING);
  const plan = await planRecording(recording, (row) => bad.push(row));
  const rows: MappedRow[] = [];
  for await (const row of inOrder(recording, plan)) rows.push(row);
  return { plan, bad, rows: rows.map(({ deviceId, time }) => `${deviceId}@${(time - T0) / HOUR}`) };
}

describe('recording', () => {
  test('rows that are in order of time are streamed as they stand', async () => {
    const { plan, rows } = await read(`device,time,v\na,${at(0)},1\nb,${at(0)},1\na,${at(1)},1\n`);
    expect(plan).toMatchObject({
      rows: 3,
      badRows: 0,
      devices: 2,
      ordered: true,
      first: T0,
      last: T0 + HOUR,
    });
    expect(rows).toEqual(['a@0', 'b@0', 'a@1']);
  });

  test('rows device by device are sorted by time, those of one time in the order of the file', async () => {
    const { plan, rows } = await read(
      `device,time,v\nb,${at(0)},1\nb,${at(1)},1\nb,${at(2)},1\na,${at(0)},1\na,${at(2)},1\n`,
    );
    expect(plan.ordered).toBe(false);
    expect(rows).toEqual(['b@0', 'a@0', 'b@1', 'b@2', 'a@2']);
  });

  test('bad rows are told once, with their line, and the others go on', async () => {
    const { plan, bad, rows } = await read(
      `\uFEFFdevice,time,v\n\na,${at(0)},1\na,never,1\na,${at(1)}\n"a"b/,${at(2)},1\na,${at(3)},"x\ny"\na,${at(4)},1\n`,
    );
    expect(bad.map(({ line }) => line)).toEqual([4, 5, 6]);
    expect(plan).toMatchObject({ rows: 3, badRows: 3 });
    expect(rows).toEqual(['a@0', 'a@3', 'a@4']);
  });

  test('a quote that is never closed is an error with its line, not the end of the recording', async () => {
    await expect(read(`device,time,v\na,${at(0)},1\na,${at(1)},"1\na,${at(2)},1\n`)).rejects.toMatchObject({
      code: 'REPLAY_FILE',
      message: expect.stringContaining('at line 4'),
    });
  });

  test('a packed file is read as a plain one', async () => {
    const { plan, rows } = await read(gzipSync(`device,time,v\na,${at(0)},1\nb,${at(1)},1\n`));
    expect(plan).toMatchObject({ rows: 2, badRows: 0 });
    expect(rows).toEqual(['a@0', 'b@1']);
  });

  test('no file, no row, no column: one clear error each', async () => {
    const none = csvRecording(join(folder, 'none.csv'), MAPPING);
    await expect(planRecording(none, () => undefined)).rejects.toMatchObject({ code: 'REPLAY_FILE' });
    await expect(read('device,time\n')).rejects.toMatchObject({ code: 'REPLAY_EMPTY' });
    await expect(read('')).rejects.toMatchObject({ code: 'REPLAY_EMPTY' });
    await expect(read('device,when\na,b\n')).rejects.toMatchObject({ code: 'REPLAY_COLUMN' });
  });
});
