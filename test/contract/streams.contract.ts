/**
 * The stream port's obligations, as one suite for every engine. An engine that cannot be made to do something in a
 * test says why, and the case is skipped with that reason in its name.
 */

import { lastOffset, offsetAt, recordsOf } from '../../streams/batch.js';
import type { Checkpoints } from '../../streams/checkpoints.js';
import { partitionOf } from '../../streams/partitioner.js';
import { type NewRecord, RecordKind } from '../../streams/record.js';
import type { Stream } from '../../streams/stream.js';
import { appendAll, event, readAll, values } from '../support/streams.js';

export interface OpenedEngine {
  readonly stream: Stream;
  readonly checkpoints: Checkpoints;
  /** Closes the stream and opens it again; undefined for engines that keep nothing. */
  readonly reopen?: () => Promise<{ stream: Stream; checkpoints: Checkpoints }>;
  /** Makes at least the records in front of `offset` of partition 0 go away, all of them being finished. */
  readonly trimBefore: (stream: Stream, offset: bigint) => Promise<void>;
  readonly dispose: () => Promise<void>;
}

export interface Engine {
  readonly name: string;
  open(partitions: number): Promise<OpenedEngine>;
  /** Its offsets ascend with gaps, and promise order per key only. */
  readonly isSparse?: boolean;
  /** Records of the backlog, and why they are fewer than 200,000. */
  readonly backlog?: { readonly records: number; readonly reason: string };
  /** A case has to be over within. Default: what tests have anyway. */
  readonly timeoutMs?: number;
  /** Case name -> why this engine skips it. */
  readonly skips?: Readonly<Record<string, string>>;
}

const LIMITS = { maxRecords: 10_000, maxBytes: 6 << 20 };

export function describeStream(engine: Engine): void {
  const { isSparse = false, backlog = { records: 200_000, reason: '' } } = engine;
  describe(`stream contract: ${engine.name}`, () => {
    const obligation = (name: string, partitions: number, body: (opened: OpenedEngine) => Promise<void>) => {
      const reason = engine.skips?.[name];
      if (reason !== undefined) {
        test.skip(`${name} (skipped: ${reason})`, () => undefined);
        return;
      }
      test(
        name,
        async () => {
          const opened = await engine.open(partitions);
          try {
            await body(opened);
          } finally {
            await opened.dispose();
          }
        },
        engine.timeoutMs,
      );
    };

    obligation('keeps the order of each key', 3, async ({ stream }) => {
      const keys = ['dev-1', 'dev-2', 'dev-3', 'dev-4', 'dev-5'];
      const records = Array.from({ length: 500 }, (_, i) => event(keys[i % 5]!, `${i}`));
      await appendAll(
        stream,
        records.map((record) => [partitionOf(record.key, 3), record]),
      );
      const found = [];
      for (let p = 0; p < 3; p++) found.push(...(await readAll(stream, p)));
      expect(found).toHaveLength(500);
      for (const key of keys) {
        const seen = found.filter((record) => record.key === key);
        expect(values(seen)).toEqual(values(records.filter((record) => record.key === key)));
        expect(new Set(seen.map((record) => record.partition)).size).toBe(1);
      }
    });

    obligation(
      isSparse
        ? 'gives ascending offsets, in the order of the calls and of the callbacks'
        : 'gives consecutive offsets from 0, in the order of the calls and of the callbacks',
      1,
      async ({ stream }) => {
        const calledBack: number[] = [];
        await new Promise<void>((resolve) => {
          for (let i = 0; i < 300; i++) {
            stream.append(0, event('k', `${i}`), (error) => {
              expect(error).toBeNull();
              if (calledBack.push(i) === 300) resolve();
            });
          }
          expect(calledBack).toEqual([]);
        });
        expect(calledBack).toEqual(Array.from({ length: 300 }, (_, i) => i));
        const found = await readAll(stream, 0);
        const offsets = found.map((record) => record.offset);
        if (isSparse) expect(offsets).toEqual([...new Set(offsets)].sort(ascending));
        else expect(offsets).toEqual(calledBack.map(BigInt));
        expect(values(found)).toEqual(calledBack.map(String));
      },
    );

    obligation('reads a record as soon as it was called back', 2, async ({ stream }) => {
      for (let i = 0; i < 20; i++) {
        const next = stream.ends(1).end;
        const batch = await new Promise<{ count: number; value: string }>((resolve, reject) => {
          stream.append(1, event('k', `v${i}`), (error) => {
            if (error !== null) return reject(error);
            if (isSparse) expect(stream.ends(1).end).toBeGreaterThan(next);
            else expect(stream.ends(1).end).toBe(BigInt(i + 1));
            stream
              .read(1, next, LIMITS)
              .then(
                (read) => resolve({ count: read.count, value: [...recordsOf(read)][0]!.value.toString() }),
                reject,
              );
          });
        });
        expect(batch).toEqual({ count: 1, value: `v${i}` });
      }
    });

    obligation('copies a record before append returns', 1, async ({ stream }) => {
      const value = Buffer.from('before');
      const appended = new Promise<void>((resolve) => {
        stream.append(0, { ...event('k', ''), value }, () => resolve());
        value.fill('x');
      });
      await appended;
      expect(values(await readAll(stream, 0))).toEqual(['before']);
    });

    obligation('resumes after the last record read', 1, async ({ stream }) => {
      await appendAll(stream, numbered(25));
      const seen: string[] = [];
      const { start, end } = stream.ends(0);
      for (let next = start; next < end; ) {
        const batch = await stream.read(0, next, { maxRecords: 7, maxBytes: 1 << 20 });
        if (isSparse) expect(batch.baseOffset).toBeGreaterThanOrEqual(next);
        else expect(batch.baseOffset).toBe(next);
        expect(batch.count).toBeLessThanOrEqual(7);
        seen.push(...values([...recordsOf(batch)]));
        next = lastOffset(batch) + 1n;
      }
      expect(seen).toEqual(Array.from({ length: 25 }, (_, i) => `${i}`));
    });

    obligation('heeds maxBytes, but returns at least one record', 1, async ({ stream }) => {
      await appendAll(stream, [
        [0, event('k', 'x'.repeat(1_000))],
        [0, event('k', 'y'.repeat(1_000))],
      ]);
      const one = await stream.read(0, 0n, { maxRecords: 10, maxBytes: 10 });
      expect(one.count).toBe(1);
      const other = await stream.read(0, lastOffset(one) + 1n, { maxRecords: 10, maxBytes: 10 });
      expect(values([...recordsOf(other)])).toEqual(['y'.repeat(1_000)]);
    });

    obligation('returns a copy: what a reader does to it is seen by no other', 1, async ({ stream }) => {
      await appendAll(stream, numbered(3));
      const { frames } = await stream.read(0, 0n, LIMITS);
      frames.fill(0);
      expect(values(await readAll(stream, 0))).toEqual(['0', '1', '2']);
    });

    obligation('delivers again from a checkpoint', 1, async (opened) => {
      await appendAll(opened.stream, numbered(10));
      opened.checkpoints.save('validate', 0, offsetAt(await opened.stream.read(0, 0n, LIMITS), 4));
      const { stream, checkpoints } = (await opened.reopen?.()) ?? opened;
      const next = checkpoints.load('validate', 0)!;
      const read = async () => values([...recordsOf(await stream.read(0, next, LIMITS))]);
      expect(await read()).toEqual(['4', '5', '6', '7', '8', '9']);
      expect(await read()).toEqual(['4', '5', '6', '7', '8', '9']);
    });

    obligation('keeps groups and partitions apart', 2, async ({ checkpoints }) => {
      expect(checkpoints.load('alert', 0)).toBeUndefined();
      checkpoints.save('alert', 0, 3n);
      checkpoints.save('alert', 1, 5n);
      checkpoints.save('aggregate', 0, 8n);
      checkpoints.save('alert', 0, 4n);
      expect(checkpoints.load('alert', 0)).toBe(4n);
      expect(checkpoints.load('alert', 1)).toBe(5n);
      expect(checkpoints.load('aggregate', 0)).toBe(8n);
      expect(checkpoints.load('aggregate', 1)).toBeUndefined();
    });

    const { records: total, reason } = backlog;
    const why = reason === '' ? '' : ` (${reason})`;
    obligation(
      `works off a backlog of ${total.toLocaleString('en')} records${why}`,
      2,
      async ({ stream }) => {
        await new Promise<void>((resolve, reject) => {
          let left = total;
          const value = Buffer.alloc(100);
          for (let i = 0; i < total; i++) {
            value.writeUInt32LE(i, 0);
            const key = isSparse ? `device-${i % 2_000}` : 'device';
            stream.append(i % 2, { ...event(key, ''), value }, (error) => {
              if (error !== null) reject(error);
              else if (--left === 0) resolve();
            });
          }
        });
        for (let p = 0; p < 2; p++) {
          const { start, end } = stream.ends(p);
          if (!isSparse) expect({ start, end }).toEqual({ start: 0n, end: BigInt(total / 2) });
          let expected = p;
          for (let next = start; next < end; ) {
            const batch = await stream.read(p, next, LIMITS);
            expect(batch.count).toBeGreaterThan(0);
            for (const record of recordsOf(batch)) {
              if (Buffer.from(record.value).readUInt32LE(0) !== expected) {
                throw new Error(`offset ${record.offset} of ${p} does not hold ${expected}`);
              }
              expected += 2;
            }
            next = lastOffset(batch) + 1n;
          }
          expect(expected).toBe(total + p);
        }
      },
    );

    obligation('answers an empty read with an empty batch', 2, async ({ stream }) => {
      const { start } = stream.ends(0);
      if (!isSparse) expect(start).toBe(0n);
      const none = { partition: 0, baseOffset: start, count: 0 };
      expect(await stream.read(0, start, LIMITS)).toMatchObject(none);
      await appendAll(stream, numbered(2));
      const { end } = stream.ends(0);
      const batch = await stream.read(0, end, LIMITS);
      expect(batch).toMatchObject({ baseOffset: end, count: 0 });
      expect(lastOffset(batch)).toBe(end - 1n);
      expect(batch.frames).toHaveLength(0);
      expect(await stream.read(1, stream.ends(1).start, LIMITS)).toMatchObject({ count: 0 });
    });

    obligation('answers an offset that was trimmed from the start', 1, async ({ stream, trimBefore }) => {
      await appendAll(stream, numbered(50));
      await trimBefore(stream, 30n);
      const { start, end } = stream.ends(0);
      expect(start).toBeGreaterThanOrEqual(30n);
      expect(end).toBe(50n);
      expect(stream.counts(0)?.acknowledged ?? 50).toBe(50);
      const batch = await stream.read(0, 0n, LIMITS);
      expect(batch.baseOffset).toBe(start);
      expect(batch.count).toBe(Number(end - start));
      await appendAll(stream, [[0, event('k', 'later')]]);
      expect(values([...recordsOf(await stream.read(0, 50n, LIMITS))])).toEqual(['later']);
    });

    obligation('refuses an offset beyond the end', 1, async ({ stream }) => {
      await appendAll(stream, numbered(3));
      const beyond = stream.ends(0).end + 1n;
      await expect(stream.read(0, beyond, LIMITS)).rejects.toMatchObject({ code: 'OFFSET_OUT_OF_RANGE' });
    });

    obligation('refuses a partition it does not have, at once', 2, async ({ stream }) => {
      const append = () => stream.append(2, event('k', 'v'), () => undefined);
      expect(append).toThrow(expect.objectContaining({ code: 'PARTITION_OUT_OF_RANGE' }));
    });

    obligation('refuses a key that does not fit, at once, and keeps the others', 1, async ({ stream }) => {
      const append = () => stream.append(0, event('ü'.repeat(40_000), 'v'), () => undefined);
      expect(append).toThrow(expect.objectContaining({ code: 'KEY_TOO_LONG' }));
      await appendAll(stream, [[0, event('k', 'fits')]]);
      expect(values(await readAll(stream, 0))).toEqual(['fits']);
    });

    obligation('finds the first offset at or after a time', 1, async ({ stream }) => {
      expect(await stream.offsetAt(0, 0)).toBe(stream.ends(0).start);
      expect(stream.lastArrivalTime()).toBe(0);
      const times = [100, 100, 200, 300, 300, 400];
      await appendAll(
        stream,
        times.map((time, i) => [0, { ...event('k', `${i}`), arrivalTime: time }]),
      );
      expect(stream.lastArrivalTime()).toBe(400);
      const found = [50, 100, 101, 200, 300, 301, 400, 401].map((time) => stream.offsetAt(0, time));
      const offsets = [...(await readAll(stream, 0)).map(({ offset }) => offset), stream.ends(0).end];
      expect(await Promise.all(found)).toEqual([0, 0, 2, 2, 3, 5, 5, 6].map((index) => offsets[index]));
    });

    obligation('keeps headers, empty values, empty keys and any bytes', 1, async ({ stream }) => {
      const headers = { 'content-type': 'application/senml+json', ü: '✓' };
      const bytes = Buffer.from([0, 255, 128, 10, 13]);
      await appendAll(stream, [
        [0, { ...event('gerät-✓', ''), headers }],
        [0, { ...event('', ''), kind: RecordKind.tick, arrivalTime: 1_700_000_000_123.5 }],
        [0, { ...event('k', ''), value: bytes }],
      ]);
      const [first, second, third] = await readAll(stream, 0);
      expect(first).toMatchObject({ key: 'gerät-✓', headers });
      expect(first!.value).toHaveLength(0);
      expect(second).toMatchObject({ key: '', kind: RecordKind.tick, arrivalTime: 1_700_000_000_123.5 });
      expect(second!.headers).toBeUndefined();
      expect(Buffer.from(third!.value)).toEqual(bytes);
    });

    obligation('counts records by kind; the sum is the end', 2, async (opened) => {
      const kinds = [RecordKind.acknowledged, RecordKind.received, RecordKind.tick, RecordKind.acknowledged];
      await appendAll(
        opened.stream,
        kinds.map((kind) => [1, { ...event('k', 'v'), kind }]),
      );
      const { stream } = (await opened.reopen?.()) ?? opened;
      expect(stream.counts(1)).toEqual({ acknowledged: 2, received: 1, tick: 1 });
      expect(stream.counts(0)).toEqual({ acknowledged: 0, received: 0, tick: 0 });
      if (!isSparse) expect(stream.ends(1).end).toBe(4n);
    });

    obligation('tells its listeners which partitions have advanced', 3, async ({ stream }) => {
      const told: number[] = [];
      const stop = stream.onAppended((partition) => {
        told.push(partition);
        expect(stream.ends(partition).end).toBeGreaterThan(0n);
      });
      await appendAll(stream, [
        [0, event('k', 'v')],
        [2, event('k', 'v')],
      ]);
      // The listeners are told in the turn of the callbacks, at the latest in the next.
      await new Promise((resolve) => setImmediate(resolve));
      expect([...new Set(told)].sort()).toEqual([0, 2]);
      stop();
      told.length = 0;
      await appendAll(stream, [[1, event('k', 'v')]]);
      await new Promise((resolve) => setImmediate(resolve));
      expect(told).toEqual([]);
    });

    obligation('finishes what was appended before it closes', 1, async ({ stream }) => {
      let calledBack = 0;
      for (let i = 0; i < 10; i++) {
        stream.append(0, event('k', `${i}`), (error) => {
          if (error === null) calledBack++;
        });
      }
      await stream.close();
      expect(calledBack).toBe(10);
      const append = () => stream.append(0, event('k', 'late'), () => undefined);
      expect(append).toThrow(expect.objectContaining({ code: 'STREAM_CLOSED' }));
      await expect(stream.read(0, 0n, LIMITS)).rejects.toMatchObject({ code: 'STREAM_CLOSED' });
      await stream.close();
    });
  });
}

function numbered(count: number): [number, NewRecord][] {
  return Array.from({ length: count }, (_, i) => [0, event('k', `${i}`)]);
}

function ascending(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
