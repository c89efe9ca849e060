/** The event source mappings of a deployment, from serverless.yml and what it stands on. */
import type { Logger } from 'pino';
import type { NewAsynchronousEvent } from '../stores/asynchronous.js';
import type { WindowStates } from '../stores/window-states.js';
import type { Consumer as StreamConsumer } from '../streams/engine.js';
import { type Consumer, consumersOf } from './consumers.js';
import type { Destination } from './destinations/destination.js';
import type { FunctionPool } from './environments/invocation.js';
import { createIotRule } from './iot-rules/iot-rule.js';
import type { Manifest, StreamTrigger } from './manifest/manifest.js';
import { compileFilter } from './mappings/filters/filter.js';
import { createMapping, type Mapping } from './mappings/mapping.js';
import type { Roles } from './roles.js';

export interface FunctionMappingsOptions {
  readonly manifest: Manifest;
  /** Without the role functions there are none. */
  readonly roles: Roles;
  /** What a consumer of this name reads a stream through. */
  readonly join: (stream: string, name: string) => Promise<StreamConsumer>;
  readonly windowStates: WindowStates;
  readonly destinations: ReadonlyMap<string, Destination>;
  readonly poolOf: (functionName: string) => FunctionPool;
  /** Queues asynchronous invocations durably. */
  readonly enqueue: (events: readonly NewAsynchronousEvent[]) => Promise<void>;
  /** Epoch ms on the clock that stamps arrival times. */
  readonly time: () => number;
  readonly log: Logger;
}

export interface FunctionMappings {
  readonly mappings: readonly Mapping[];
  /** When the mappings have stopped. */
  close(): Promise<void>;
}

export async function createMappings(options: FunctionMappingsOptions): Promise<FunctionMappings> {
  const joined = await Promise.all(
    (options.roles.has('functions') ? consumersOf(options.manifest) : []).map(async (consumer) => ({
      consumer,
      through: await options.join(consumer.stream, consumer.name),
    })),
  );
  return {
    mappings: joined.map(({ consumer, through }) =>
      consumer.kind === 'function'
        ? functionMapping(consumer, through, options)
        : ruleMapping(consumer, through, options),
    ),
    async close() {
      await Promise.all(joined.map(({ through }) => through.close()));
    },
  };
}

function readingSide({ source, checkpoints, share }: StreamConsumer) {
  return { stream: source, checkpoints, ...(share === undefined ? {} : { share }) };
}

function functionMapping(
  { name, fn, trigger }: Extract<Consumer, { kind: 'function' }>,
  through: StreamConsumer,
  options: FunctionMappingsOptions,
): Mapping {
  const { windowStates, destinations, poolOf, time, log } = options;
  const destination = trigger.onFailure === undefined ? undefined : destinations.get(trigger.onFailure);
  return createMapping(
    { functionName: name, functionArn: fn.arn, trigger },
    {
      ...readingSide(through),
      invoke: poolOf(name).processBatch,
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
  through: StreamConsumer,
  options: FunctionMappingsOptions,
): Mapping {
  const { manifest, enqueue, time, log } = options;
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
    { ...readingSide(through), invoke: rule.processBatch, time, log },
  );
}
