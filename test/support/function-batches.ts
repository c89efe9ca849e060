/** Batches and specifications for tests of environments. */
import { join } from 'node:path';
import type { BatchInvocation, EventSource } from '../../runtime/environments/invocation.js';
import type { EnvironmentSpec } from '../../runtime/environments/protocol.js';
import type { Batch } from '../../streams/batch.js';
import { FrameWriter, RecordKind } from '../../streams/record.js';
import { projectRoot } from './project-root.js';

/** The built tree: what threads and processes run from. */
export const dist = join(projectRoot, 'dist');

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
    stores: { kind: 'sqlite', directory: '' },
    timeoutMs: 10_000,
    memoryMB: 128,
    environment: {},
    logLevel: 'silent',
    nice: 0,
    ...overrides,
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
