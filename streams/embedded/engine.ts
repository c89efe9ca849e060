/** This process's own log as an engine: every partition is this process's, checkpoints lie in a file beside the log. */
import type { Logger } from 'pino';
import type { StreamSettings } from '../../common/settings.js';
import type { StreamEngine } from '../engine.js';
import type { CheckpointFile } from './checkpoint-file.js';
import { openEmbeddedStream } from './embedded-stream.js';
import type { RecoveryReport } from './recovery.js';

export interface EmbeddedEngineOptions {
  readonly directory: string;
  /** By stream. */
  readonly settings: Readonly<Record<string, StreamSettings>>;
  readonly checkpoints: CheckpointFile;
  /** Every consumer group that may have read the stream: the log must not end before what they have finished. */
  readonly groupsOf: (stream: string) => readonly string[];
  /** Told how opening each stream went. */
  readonly onRecovery: (stream: string, report: RecoveryReport) => void;
  readonly log: Logger;
}

export function createEmbeddedEngine(options: EmbeddedEngineOptions): StreamEngine {
  const { directory, settings, checkpoints, log } = options;
  return {
    async open({ name, partitions, retentionMs }) {
      const stream = await openEmbeddedStream({
        directory,
        name,
        partitions,
        settings: settings[name]!,
        retentionMs,
        seenEnds: checkpoints.highest(options.groupsOf(name), partitions),
        log,
      });
      options.onRecovery(name, stream.recovery);
      return stream;
    },
    consumer: async (stream) => ({ source: stream, checkpoints, close: async () => undefined }),
    close: async () => checkpoints.close(),
  };
}
