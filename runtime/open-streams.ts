/** Opens the streams of a deployment on its data directory, and says what a person should know about how that went. */
import type { Logger } from 'pino';
import type { CheckpointFile } from '../streams/embedded/checkpoint-file.js';
import { openEmbeddedStream } from '../streams/embedded/embedded-stream.js';
import type { RecoveryReport } from '../streams/embedded/recovery.js';
import type { Stream } from '../streams/stream.js';
import { consumersOf } from './consumers.js';
import type { Manifest, StreamManifest } from './manifest/manifest.js';
import { groupsOf } from './mappings/lanes.js';
import type { Undo } from './undo.js';

export interface OpenStreams {
  readonly streams: ReadonlyMap<string, Stream>;
  readonly notices: readonly string[];
}

export async function openStreams(
  manifest: Manifest,
  checkpoints: CheckpointFile,
  dataDir: string,
  log: Logger,
  undo: Undo,
): Promise<OpenStreams> {
  const streams = new Map<string, Stream>();
  const notices: string[] = [];
  for (const declared of manifest.streams) {
    const { name, partitions, retentionMs } = declared;
    const stream = await openEmbeddedStream({
      directory: dataDir,
      name,
      partitions,
      settings: manifest.settings.streams[name]!,
      retentionMs,
      seenEnds: checkpoints.highest(readersOf(manifest, declared), partitions),
      log,
    });
    undo.add(() => stream.close());
    streams.set(name, stream);
    notices.push(...recoveryNotices(name, stream.recovery));
  }
  return { streams, notices };
}

/** The consumer groups that read the stream: the log must not end before what they have finished. */
function readersOf(manifest: Manifest, { name }: StreamManifest): string[] {
  return consumersOf(manifest, true)
    .filter(({ stream }) => stream === name)
    .flatMap((consumer) => groupsOf(consumer.name, name));
}

function recoveryNotices(stream: string, { cut, damage }: RecoveryReport): string[] {
  const notices = damage.map(({ segment, reason }) => `stream ${stream}: DAMAGE in ${segment}: ${reason}`);
  if (cut !== undefined) {
    notices.push(`stream ${stream}: cut ${cut.bytes} bytes that were never acknowledged off the log's end`);
  }
  return notices;
}
