/** The snapshot of a deployment that functions may ask for (`Platform.status`). */
import type { DeploymentStatus, MappingStatus } from '../functions/contract.js';
import type { Counters } from '../gateway/counters.js';
import type { StreamEngine } from '../streams/engine.js';
import type { Stream } from '../streams/stream.js';
import { consumersOf } from './consumers.js';
import type { Functions } from './functions.js';
import { groupOf } from './mappings/lanes.js';
import type { Mapping } from './mappings/mapping.js';

export interface StatusSources {
  readonly version: string;
  readonly startedAt: number;
  readonly engine: Pick<StreamEngine, 'committed' | 'behindMs'>;
  readonly streams: ReadonlyMap<string, Stream>;
  /** A function, because environments are told how to ask before they exist. */
  readonly functions: () => Functions;
  readonly counters: Counters;
  readonly connections: () => number;
  readonly devicesOnline: () => number | undefined;
  /** Known once something listens. */
  readonly mqttPort: () => number | undefined;
}

export function createStatus(sources: StatusSources): () => Promise<DeploymentStatus> {
  return async () => {
    const mqttPort = sources.mqttPort();
    const devicesOnline = sources.devicesOnline();
    // First: positions may only be behind the ends that they are compared with.
    const mappings = await mappingsOf(sources);
    return {
      ...(mqttPort === undefined ? {} : { mqttPort }),
      ...(devicesOnline === undefined ? {} : { devicesOnline }),
      version: sources.version,
      startedAt: sources.startedAt,
      streams: [...sources.streams.values()].map((stream) => ({
        name: stream.name,
        health: stream.health(),
        ...(stream.isSparse === true ? { isSparse: true } : {}),
        partitions: Array.from({ length: partitionsOf(stream) }, (_, partition) => ({
          partition,
          ...stream.ends(partition),
          counts: stream.counts(partition),
        })),
      })),
      mappings,
      gateway: sources.counters.snapshot(),
      connections: sources.connections(),
    };
  };
}

/** Of all processes: what works elsewhere is known by what it has committed. */
async function mappingsOf(sources: StatusSources): Promise<MappingStatus[]> {
  const { engine, streams } = sources;
  const here = sources.functions();
  return Promise.all(
    consumersOf(here.manifest).map(async ({ name, stream: streamName }) => {
      const stream = streams.get(streamName)!;
      const mapping = here.mappings.find((one) => one.functionName === name && one.stream === streamName);
      const group = groupOf(name, streamName);
      const committed = await engine.committed?.(stream, group);
      const behindMs = await engine.behindMs?.(stream, group);
      return {
        functionName: name,
        stream: streamName,
        enabled: true,
        checkpoints: checkpointsOf(stream, mapping, committed),
        ...(behindMs === undefined ? {} : { behindMs }),
        failing: mapping?.failing ?? null,
      };
    }),
  );
}

function checkpointsOf(
  stream: Stream,
  mapping: Mapping | undefined,
  committed: readonly (bigint | undefined)[] | undefined,
): bigint[] {
  const positions = mapping?.positions();
  return Array.from(
    { length: partitionsOf(stream) },
    (_, partition) => positions?.get(partition) ?? committed?.[partition] ?? stream.ends(partition).start,
  );
}

function partitionsOf(stream: Stream): number {
  return stream.partitionsRead ?? stream.partitions;
}
