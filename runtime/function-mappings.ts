/** The event source mappings of a deployment, from serverless.yml and what it stands on. */
import type { Logger } from 'pino';
import type { NewAsynchronousEvent } from '../stores/asynchronous.js';
import type { WindowStates } from '../stores/window-states.js';
import type { Checkpoints } from '../streams/checkpoints.js';
import type { Stream } from '../streams/stream.js';
import { type Consumer, consumersOf } from './consumers.js';
import type { Destination } from './destinations/destination.js';
import type { FunctionPool } from './environments/invocation.js';
import { createIotRule } from './iot-rules/iot-rule.js';
import type { Manifest, StreamTrigger } from './manifest/manifest.js';
import { compileFilter } from './mappings/filters/filter.js';
import { createMapping, type Mapping } from './mappings/mapping.js';

export interface FunctionMappingsOptions {
  readonly manifest: Manifest;
  readonly streams: ReadonlyMap<string, Stream>;
  readonly checkpoints: Checkpoints;
  readonly windowStates: WindowStates;
  readonly destinations: ReadonlyMap<string, Destination>;
  readonly poolOf: (functionName: string) => FunctionPool;
  /** Queues asynchronous invocations durably. */
  readonly enqueue: (events: readonly NewAsynchronousEvent[]) => Promise<void>;
  /** Epoch ms on the clock that stamps arrival times. */
  readonly time: () => number;
  readonly log: Logger;
}

export function createMappings(options: FunctionMappingsOptions): Mapping[] {
  return consumersOf(options.manifest).map((consumer) =>
    consumer.kind === 'function' ? functionMapping(consumer, options) : ruleMapping(consumer, options),
  );
}

function functionMapping(
  { name, fn, stream, trigger }: Extract<Consumer, { kind: 'function' }>,
  options: FunctionMappingsOptions,
): Mapping {
  const { streams, checkpoints, windowStates, destinations, poolOf, time, log } = options;
  const destination = trigger.onFailure === undefined ? undefined : destinations.get(trigger.onFailure);
  return createMapping(
    { functionName: name, functionArn: fn.arn, trigger },
    {
      stream: streams.get(stream)!,
      invoke: poolOf(name).processBatch,
      checkpoints,
      filter: compileFilter(trigger.filterPatterns, trigger.source, trigger),
      windowStates,
      ...(destination === undefined ? {} : { destination }),
      time,
      log,
    },
  );
}

/** As AWS IoT does it: what was published before the rule existed is not its business, and it gives up on nothing. */
const RULE: Omit<StreamTrigger, 'stream' | 'arn'> = {
  type: 'stream',
  source: 'kinesis',
  bootstrapServers: [],
  batchSize: 1_000,
  batchWindowMs: 0,
  startingPosition: 'LATEST',
  parallelizationFactor: 1,
  maximumRetryAttempts: -1,
  maximumRecordAgeMs: -1,
  bisectBatchOnFunctionError: false,
  reportBatchItemFailures: true,
  tumblingWindowMs: 0,
  filterPatterns: [],
  enabled: true,
};

function ruleMapping(
  { name, fn, stream, trigger }: Extract<Consumer, { kind: 'rule' }>,
  options: FunctionMappingsOptions,
): Mapping {
  const { manifest, streams, checkpoints, enqueue, time, log } = options;
  const rule = createIotRule({
    rule: name,
    functionName: fn.name,
    sql: trigger.sql,
    telemetryTopic: manifest.settings.gateway.telemetryTopics[0]!,
    enqueue,
    log,
  });
  return createMapping(
    {
      functionName: name,
      functionArn: fn.arn,
      trigger: { ...RULE, stream, arn: '' },
    },
    { stream: streams.get(stream)!, invoke: rule.processBatch, checkpoints, time, log },
  );
}
