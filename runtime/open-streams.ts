/** Opens the engine and the streams of a deployment, and says what a person should know about how that went. */
import { join } from 'node:path';
import type { Logger } from 'pino';
import { openPostgres } from '../stores/postgres/database.js';
import { openLeases } from '../stores/postgres/leases.js';
import { openCheckpointFile } from '../streams/embedded/checkpoint-file.js';
import { createEmbeddedEngine } from '../streams/embedded/engine.js';
import type { RecoveryReport } from '../streams/embedded/recovery.js';
import type { StreamEngine } from '../streams/engine.js';
import type { KafkaAddress } from '../streams/kafka/options.js';
import type { KinesisAddress } from '../streams/kinesis/address.js';
import type { Stream } from '../streams/stream.js';
import { consumersOf } from './consumers.js';
import type { Manifest } from './manifest/manifest.js';
import { groupsOf } from './mappings/lanes.js';
import type { DeploymentOptions } from './options.js';
import type { Undo } from './undo.js';

export interface OpenStreams {
  readonly engine: StreamEngine;
  readonly streams: ReadonlyMap<string, Stream>;
  readonly notices: readonly string[];
}

export async function openStreams(
  manifest: Manifest,
  { dataDir, backing }: Pick<DeploymentOptions, 'dataDir' | 'backing'>,
  log: Logger,
  undo: Undo,
): Promise<OpenStreams> {
  const notices: string[] = [];
  const { kafka, kinesis, database } = backing;
  let engine: StreamEngine;
  if (kafka !== null) engine = await kafkaEngine(kafka, log);
  else if (kinesis !== null && database !== null) engine = await kinesisEngine(kinesis, database, log, undo);
  else engine = embeddedEngine(manifest, dataDir, log, notices);
  undo.add(() => engine.close());
  const streams = new Map<string, Stream>();
  for (const declared of manifest.streams) {
    const stream = await engine.open(declared);
    undo.add(() => stream.close());
    streams.set(declared.name, stream);
  }
  return { engine, streams, notices };
}

/** Imported when it is wanted: who runs on one machine does not wait for Kafka's client to load. */
async function kafkaEngine(address: KafkaAddress, log: Logger): Promise<StreamEngine> {
  const { openKafkaEngine } = await import('../streams/kafka/kafka-engine.js');
  return openKafkaEngine({ ...address, log });
}

/** Leases have connections of their own: a renewal must not wait behind what functions do. */
const LEASE_CONNECTIONS = 2;
/** Shorter than a lease, so that a statement that hangs is tried again before it is lost. */
const LEASE_STATEMENT_MS = 3_000;

/** Imported when it is wanted, as Kafka's is. */
async function kinesisEngine(
  address: KinesisAddress,
  database: string,
  log: Logger,
  undo: Undo,
): Promise<StreamEngine> {
  const { openKinesisEngine } = await import('../streams/kinesis/kinesis-engine.js');
  const postgres = openPostgres(database, {
    connections: LEASE_CONNECTIONS,
    timeoutMs: LEASE_STATEMENT_MS,
  });
  undo.add(() => postgres.close());
  return openKinesisEngine({ ...address, leases: openLeases(postgres), log });
}

function embeddedEngine(manifest: Manifest, dataDir: string, log: Logger, notices: string[]): StreamEngine {
  return createEmbeddedEngine({
    directory: dataDir,
    settings: manifest.settings.streams,
    checkpoints: openCheckpointFile(join(dataDir, 'checkpoints')),
    groupsOf: (name) => readersOf(manifest, name),
    onRecovery: (name, report) => void notices.push(...recoveryNotices(name, report)),
    log,
  });
}

/** The consumer groups that read the stream. */
function readersOf(manifest: Manifest, name: string): string[] {
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
