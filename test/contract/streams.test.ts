import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openCheckpointFile } from '../../streams/embedded/checkpoint-file.js';
import { openEmbeddedStream } from '../../streams/embedded/embedded-stream.js';
import { createMemoryCheckpoints } from '../../streams/memory/memory-checkpoints.js';
import { createMemoryStream } from '../../streams/memory/memory-stream.js';
import { ARRIVAL } from '../support/streams.js';
import { describeStream, type OpenedEngine } from './streams.contract.js';

const RETENTION_MS = 1_000;

describeStream({
  name: 'memory',
  async open(partitions) {
    const stream = createMemoryStream({ name: 'telemetry', partitions, retentionMs: RETENTION_MS });
    return {
      stream,
      checkpoints: createMemoryCheckpoints(),
      trimBefore: async (_, offset) => {
        await stream.trim([offset], ARRIVAL + RETENTION_MS);
      },
      dispose: () => stream.close(),
    };
  },
});

const embedded = (cacheBytes: number) => ({
  async open(partitions: number): Promise<OpenedEngine> {
    const directory = await mkdtemp(join(tmpdir(), 'millrace-contract-'));
    const openBoth = async () => ({
      stream: await openEmbeddedStream({
        directory,
        name: 'telemetry',
        partitions,
        settings: { maxBytes: 1 << 30, hardLimitBytes: 2 ** 31, segmentBytes: 4 << 20 },
        retentionMs: RETENTION_MS,
        cacheBytes,
      }),
      checkpoints: openCheckpointFile(join(directory, 'checkpoints')),
    });
    let current = await openBoth();
    const close = async () => {
      await current.stream.close();
      current.checkpoints.close();
    };
    return {
      ...current,
      reopen: async () => {
        await close();
        current = await openBoth();
        return current;
      },
      // Whole segments go, and all of this one's records are finished.
      trimBefore: async (stream) => {
        await stream.trim([stream.ends(0).end], ARRIVAL + RETENTION_MS);
      },
      dispose: async () => {
        await close();
        await rm(directory, { recursive: true, force: true });
      },
    };
  },
});

describeStream({ name: 'embedded', ...embedded(32 << 20) });
describeStream({ name: 'embedded, reading from the disk', ...embedded(0) });
