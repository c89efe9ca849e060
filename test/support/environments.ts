/** Pools over real environments, run from the built tree, whose functions do what their records tell them to. */
import { join } from 'node:path';
import pino, { type Logger } from 'pino';
import type { PlatformHost } from '../../runtime/environments/environment.js';
import type { BatchInvocation, EventSource, FunctionPool } from '../../runtime/environments/invocation.js';
import type { PoolOptions } from '../../runtime/environments/pool.js';
import type { EnvironmentSpec } from '../../runtime/environments/protocol.js';
import type { Batch } from '../../streams/batch.js';
import { FrameWriter, RecordKind } from '../../streams/record.js';
import { temporaryDirectory } from './product.js';
import { projectRoot } from './project-root.js';

// A thread runs from the built tree, so its host has to as well.
export const dist = join(projectRoot, 'dist');
const { createPool } = (await import(
  join(dist, 'runtime/environments/pool.js')
)) as typeof import('../../runtime/environments/pool.js');

export const quiet: Logger = pino({ level: 'silent' });

export function specOf(overrides: Partial<EnvironmentSpec> = {}): EnvironmentSpec {
  return {
    functionName: 'misbehaving',
    functionArn: 'arn:aws:lambda:eu-west-1:123456789012:function:misbehaving',
    handler: 'test/support/functions/misbehaving.handler',
    modulePath: join(dist, 'test/support/functions/misbehaving.js'),
    handlerExport: 'handler',
    runtime: 'nodejs20.x',
    region: 'eu-west-1',
    isolation: 'worker',
    initializationType: 'on-demand',
    settings: {} as EnvironmentSpec['settings'],
    storesDirectory: '',
    timeoutMs: 10_000,
    memoryMB: 128,
    environment: {},
    logLevel: 'silent',
    nice: 0,
    ...overrides,
  };
}

export interface Pools {
  /** A pool of one environment unless told otherwise. */
  open(spec?: Partial<EnvironmentSpec>, options?: Partial<PoolOptions>): FunctionPool;
  /** What functions have published. */
  readonly reports: string[];
  closeAll(): Promise<void>;
}

export function openPools(): Pools {
  const reports: string[] = [];
  const opened: FunctionPool[] = [];
  const platform: PlatformHost = async (call) => {
    if (call.method !== 'publish') return;
    for (const { payload } of call.messages) reports.push(Buffer.from(payload).toString());
  };
  return {
    reports,
    open(spec = {}, options = {}) {
      const pool = createPool(specOf({ storesDirectory: temporaryDirectory(), ...spec }), {
        platform,
        log: quiet,
        environments: 1,
        provisionedConcurrency: 0,
        idleMs: 600_000,
        ...options,
      });
      opened.push(pool);
      return pool;
    },
    async closeAll() {
      await Promise.all(opened.map((pool) => pool.close()));
    },
  };
}

export const source: EventSource = {
  kind: 'kinesis',
  stream: 's',
  arn: 'arn:aws:kinesis:eu-west-1:123456789012:stream/s',
  bootstrapServers: [],
  reportsFailures: true,
};

/** A batch whose records tell the function what to do. */
export function ordering(...orders: string[]): BatchInvocation {
  return { source, batch: batchOf(...orders) };
}

export function batchOf(...values: string[]): Batch {
  const writer = new FrameWriter();
  for (const value of values) {
    writer.write({ kind: RecordKind.acknowledged, arrivalTime: 0, key: 'k', value: Buffer.from(value) });
  }
  return { stream: 's', partition: 2, baseOffset: 7n, count: values.length, frames: writer.take() };
}
