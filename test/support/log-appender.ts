/**
 * A process to be killed: appends numbered records to an embedded log as fast as it can and prints each number that
 * was acknowledged, one a line. Arguments: data directory, first number. Also saves a checkpoint now and then.
 */
import { writeSync } from 'node:fs';
import { join } from 'node:path';
import { openCheckpointFile } from '../../streams/embedded/checkpoint-file.js';
import { lockDirectory } from '../../streams/embedded/directory-lock.js';
import { openEmbeddedStream } from '../../streams/embedded/embedded-stream.js';
import { RecordKind } from '../../streams/record.js';

const PARTITIONS = 3;
const IN_FLIGHT = 200;

const [directory = '', first = '0'] = process.argv.slice(2);
lockDirectory(directory);
const checkpoints = openCheckpointFile(join(directory, 'checkpoints'));
const stream = await openEmbeddedStream({
  directory,
  name: 'telemetry',
  partitions: PARTITIONS,
  // Small segments, so that kills also hit the change from one to the next.
  settings: { maxBytes: 1 << 30, hardLimitBytes: 2 ** 31, segmentBytes: 64 * 1024 },
  retentionMs: Number.POSITIVE_INFINITY,
});

let next = Number(first);
let acknowledged = '';

function appendNext(): void {
  const number = next++;
  const value = Buffer.from(`${number}`.padEnd(100 + (number % 50)));
  const record = { kind: RecordKind.acknowledged, arrivalTime: Date.now(), key: `dev-${number % 7}`, value };
  stream.append(number % PARTITIONS, record, (error) => {
    if (error !== null) throw error;
    acknowledged += `${number}\n`;
    if (number % 100 === 0) checkpoints.save('reader', 0, BigInt(number));
    setImmediate(appendNext);
  });
}

stream.onAppended(() => {
  if (acknowledged === '') return;
  // Synchronous: what the pipe has taken outlives the process.
  writeSync(1, acknowledged);
  acknowledged = '';
});
for (let i = 0; i < IN_FLIGHT; i++) appendNext();
