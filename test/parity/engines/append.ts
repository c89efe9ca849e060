/** Appends the fixture as a gateway does, with so many records under way at a time. */
import type { Stream } from '../../../streams/stream.js';
import type { Placed } from './fixture.js';

const UNDER_WAY = 4_000;

/** Resolves when all are durable. */
export function appendFixture(stream: Stream, records: readonly Placed[]): Promise<void> {
  return new Promise((resolve, reject) => {
    let next = 0;
    let durable = 0;
    const done = (error: Error | null) => {
      if (error !== null) return reject(error);
      durable++;
      if (durable === records.length) return resolve();
      // Refilled in steps: every turn gives the functions their own.
      if (next - durable <= UNDER_WAY / 2) fill();
    };
    const fill = () => {
      while (next < records.length && next - durable < UNDER_WAY) {
        const { partition, record } = records[next++]!;
        stream.append(partition, record, done);
      }
    };
    fill();
  });
}
