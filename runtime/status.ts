/** The snapshot of a deployment that functions may ask for (`Platform.status`). */
import type { DeploymentStatus } from '../functions/contract.js';
import type { Counters } from '../gateway/counters.js';
import type { Stream } from '../streams/stream.js';
import type { Functions } from './functions.js';
import type { Mapping } from './mappings/mapping.js';

export interface StatusSources {
  readonly version: string;
  readonly startedAt: number;
  readonly streams: ReadonlyMap<string, Stream>;
  /** A function, because environments are told how to ask before they exist. */
  readonly functions: () => Functions;
  readonly counters: Counters;
  readonly connections: () => number;
  /** Known once something listens. */
  readonly mqttPort: () => number | undefined;
}

export function createStatus(sources: StatusSources): () => DeploymentStatus {
  return () => {
    const mqttPort = sources.mqttPort();
    return {
      ...(mqttPort === undefined ? {} : { mqttPort }),
      version: sources.version,
      startedAt: sources.startedAt,
      streams: [...sources.streams.values()].map((stream) => ({
        name: stream.name,
        health: stream.health(),
        partitions: Array.from({ length: stream.partitions }, (_, partition) => ({
          partition,
          ...stream.ends(partition),
          counts: stream.counts(partition),
        })),
      })),
      mappings: sources.functions().mappings.map((mapping) => ({
        functionName: mapping.functionName,
        stream: mapping.stream,
        enabled: true,
        checkpoints: checkpointsOf(mapping, sources.streams.get(mapping.stream)),
        failing: mapping.failing,
      })),
      gateway: sources.counters.snapshot(),
      connections: sources.connections(),
    };
  };
}

/** A partition that other processes work on is not this one's to tell about: it counts as finished here. */
function checkpointsOf(mapping: Mapping, stream: Stream | undefined): bigint[] {
  const positions = mapping.positions();
  return Array.from(
    { length: stream?.partitions ?? 0 },
    (_, partition) => positions.get(partition) ?? stream!.ends(partition).end,
  );
}
