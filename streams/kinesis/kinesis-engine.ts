/**
 * Streams in Kinesis, or in something that speaks its API.
 *
 *     const engine = await openKinesisEngine({ ...kinesisSettings(process.env), leases, log });
 *
 * Leases, with the checkpoints, are kept where the deployment keeps its state: processes that share a group have to see
 * the same ones.
 */
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { Logger } from 'pino';
import { monotonicTimers, type Timers } from '../../common/clock.js';
import { MillraceError } from '../../common/errors.js';
import type { Consumer, DeclaredStream, StreamEngine } from '../engine.js';
import type { Stream } from '../stream.js';
import type { KinesisAddress } from './address.js';
import type { KinesisApi } from './api.js';
import { createAwsApi } from './aws-api.js';
import { committedOf } from './committed.js';
import { createStream } from './create-stream.js';
import { GroupCheckpoints } from './group-checkpoints.js';
import { consumerSource, KinesisStream } from './kinesis-stream.js';
import { LeaseShare } from './lease-share.js';
import type { LeaseStore } from './lease-store.js';
import { ReadBudget } from './read-budget.js';
import { DEFAULTS, type KinesisSettings } from './settings.js';

export interface KinesisEngineOptions extends KinesisAddress {
  readonly leases: LeaseStore;
  readonly settings?: Partial<KinesisSettings>;
  /** Tells this process from others in the leases. Default: host name, process id and something random. */
  readonly worker?: string;
  readonly log?: Pick<Logger, 'warn'>;
  /** Default: the AWS SDK's, with the endpoint, region and credentials given. */
  readonly api?: KinesisApi;
  readonly timers?: Timers;
  /** Epoch ms. */
  readonly time?: () => number;
  readonly random?: () => number;
}

export async function openKinesisEngine(options: KinesisEngineOptions): Promise<StreamEngine> {
  const { pollMs } = options;
  const polling = pollMs === undefined ? {} : pollingOf(pollMs);
  const settings = { ...DEFAULTS, ...polling, ...options.settings };
  const { leases, log, timers = monotonicTimers, time = Date.now, random = Math.random } = options;
  const me = options.worker ?? `${hostname()}-${process.pid}-${randomUUID().slice(0, 8)}`;
  const api = options.api ?? createAwsApi(options);
  const backoff = { firstMs: settings.backoffFirstMs, mostMs: settings.backoffMostMs };
  const warn = (stream: string, what: string) => (error: unknown) =>
    log?.warn({ stream, err: error }, `${what}; trying again`);

  const open = async (declared: DeclaredStream): Promise<Stream> => {
    const { name, partitions } = declared;
    const { retentionHours } = await createStream({ api, declared, timers, withinMs: settings.createMs });
    const stream = new KinesisStream({
      name,
      partitions,
      delayMs: settings.pollIdleMs * 2,
      producer: {
        api,
        timers,
        random,
        backoff,
        deliveryMs: settings.deliveryMs,
        maxQueuedBytes: settings.maxQueuedBytes,
      },
      reader: ({ shard, onAdvance }) => ({
        api,
        stream: name,
        shard,
        budget: new ReadBudget(timers, settings.readsPerSecond),
        timers,
        random,
        backoff,
        time,
        retentionMs: retentionHours * 3_600_000,
        cacheBytes: settings.cacheBytes,
        clockSkewMs: settings.clockSkewMs,
        polling: { busyMs: settings.pollBusyMs, idleMs: settings.pollIdleMs },
        onAdvance,
        onPollFailure: warn(name, `cannot poll ${shard.id}`),
      }),
      topology: {
        api,
        timers,
        intervalMs: settings.topologyMs,
        onFailure: warn(name, 'cannot list the shards'),
      },
    });
    try {
      await stream.topology.open();
    } catch (error) {
      await stream.close();
      throw error;
    }
    return stream;
  };

  const kinesisStream = (stream: Stream): KinesisStream => {
    if (stream instanceof KinesisStream) return stream;
    throw new MillraceError(`${stream.name} is no stream of Kinesis`, { code: 'STREAM_ENGINE' });
  };

  const consumer = async (given: Stream, group: string): Promise<Consumer> => {
    const stream = kinesisStream(given);
    const { topology } = stream;
    const onFailure = warn(stream.name, `cannot keep the leases of ${group}`);
    const { storeAfterMs, leaseMs } = settings;
    const checkpoints = new GroupCheckpoints({
      group,
      me,
      leases,
      timers,
      storeAfterMs,
      arrivalTimeBefore: (partition, next) => topology.reader(partition)?.arrivalTimeOf(next - 1n) ?? null,
      onFailure: warn(stream.name, `cannot store the checkpoints of ${group}`),
    });
    const share = new LeaseShare({
      group,
      me,
      leases,
      leaseMs,
      timers,
      checkpoints,
      shards: () =>
        topology.shards
          .filter(({ number }) => topology.reader(number) !== undefined)
          .map(({ number, parents }) => ({ partition: number, parents })),
      finalEnd: (partition) => {
        const reader = topology.reader(partition);
        return reader?.isFinished === true ? reader.ends().end : null;
      },
      startOf: (partition) => stream.ends(partition).start,
      follow: (partition) => topology.reader(partition)?.follow() ?? (() => undefined),
      onFailure,
    });
    const stopListening = stream.onTopology(() => share.hurry());
    return {
      source: consumerSource(stream),
      checkpoints,
      share,
      async close() {
        stopListening();
        await share.stop();
      },
    };
  };

  return {
    open,
    consumer,
    async committed(stream, group) {
      const found = committedOf(await leases.checkpoints(group));
      // After the positions: they may only be behind the ends that they are compared with.
      const { topology } = kinesisStream(stream);
      await topology.lookAtTips();
      return Array.from({ length: topology.partitions }, (_, partition) => found.get(partition)?.next);
    },
    async behindMs(stream, group) {
      const found = committedOf(await leases.checkpoints(group));
      const { topology } = kinesisStream(stream);
      await topology.lookAtTips();
      return Array.from({ length: topology.partitions }, (_, partition) => {
        const reader = topology.reader(partition);
        return reader === undefined ? 0 : reader.behindMs(found.get(partition));
      });
    },
    async close() {
      api.close();
    },
  };
}

/** Idle shards are read less often, and one that is read seldom no more often than that. */
function pollingOf(pollMs: number): Partial<KinesisSettings> {
  return { pollBusyMs: pollMs, pollIdleMs: Math.max(pollMs, DEFAULTS.pollIdleMs) };
}
