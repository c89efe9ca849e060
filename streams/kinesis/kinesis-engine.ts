/**
 * Streams in Kinesis, or in something that speaks its API.
 *
 *     const engine = await openKinesisEngine({ ...awsOptionsFrom(process.env), checkpoints, leases, log });
 *
 * Checkpoints and leases are kept where the deployment keeps its state: processes that share a group have to see the same
 * ones.
 */
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { Logger } from 'pino';
import { monotonicTimers, type Timers } from '../../common/clock.js';
import { MillraceError } from '../../common/errors.js';
import type { Checkpoints } from '../checkpoints.js';
import type { Consumer, DeclaredStream, StreamEngine } from '../engine.js';
import type { Stream } from '../stream.js';
import type { KinesisApi } from './api.js';
import { type AwsOptions, createAwsApi } from './aws-api.js';
import { createStream } from './create-stream.js';
import { GroupCheckpoints } from './group-checkpoints.js';
import { consumerSource, KinesisStream } from './kinesis-stream.js';
import { LeaseShare } from './lease-share.js';
import type { LeaseStore } from './lease-store.js';
import { ReadBudget } from './read-budget.js';
import { DEFAULTS, type KinesisSettings } from './settings.js';

export interface KinesisEngineOptions extends AwsOptions {
  readonly checkpoints: Checkpoints;
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
  const settings = { ...DEFAULTS, ...options.settings };
  const {
    checkpoints,
    leases,
    log,
    timers = monotonicTimers,
    time = Date.now,
    random = Math.random,
  } = options;
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

  const consumer = async (stream: Stream, group: string): Promise<Consumer> => {
    if (!(stream instanceof KinesisStream)) {
      throw new MillraceError(`${stream.name} is no stream of Kinesis`, { code: 'STREAM_ENGINE' });
    }
    const { topology } = stream;
    const own = new GroupCheckpoints(checkpoints, group);
    const share = new LeaseShare({
      group,
      me,
      leases,
      leaseMs: settings.leaseMs,
      timers,
      checkpoints: own,
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
      onFailure: warn(stream.name, `cannot keep the leases of ${group}`),
    });
    const stopListening = stream.onTopology(() => share.hurry());
    return {
      source: consumerSource(stream),
      checkpoints: own,
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
    async close() {
      api.close();
    },
  };
}
