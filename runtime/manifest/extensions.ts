/**
 * `resources.extensions.<LogicalId>.Properties` of event source mappings: CloudFormation's names for what the packager
 * knows no word for (it has none of Kafka's error controls). They replace what the trigger says, as in the packager's
 * template.
 */

import { type PathKeys, type Problems, suggestion } from '../../common/problems.js';
import type { EventSourceKind } from './manifest.js';
import type { Given, GivenMapping, MappingKey } from './mapping-rules.js';
import type { Extension, Resources } from './resources.js';
import { isObject } from './values.js';

const PLAIN: Readonly<Record<string, MappingKey>> = {
  BatchSize: 'batchSize',
  MaximumBatchingWindowInSeconds: 'batchWindow',
  StartingPosition: 'startingPosition',
  StartingPositionTimestamp: 'startingPositionTimestamp',
  ParallelizationFactor: 'parallelizationFactor',
  MaximumRetryAttempts: 'maximumRetryAttempts',
  MaximumRecordAgeInSeconds: 'maximumRecordAgeInSeconds',
  BisectBatchOnFunctionError: 'bisectBatchOnFunctionError',
  TumblingWindowInSeconds: 'tumblingWindowInSeconds',
  Enabled: 'enabled',
};
const NESTED = ['FunctionResponseTypes', 'FilterCriteria', 'DestinationConfig', 'ScalingConfig'];
/** They say how AWS polls, pays and watches, and change nothing about what the function gets. */
const OF_AWS = [
  'AmazonManagedKafkaEventSourceConfig',
  'KmsKeyArn',
  'LoggingConfig',
  'MetricsConfig',
  'ProvisionedPollerConfig',
  'SelfManagedKafkaEventSourceConfig',
  'SourceAccessConfigurations',
  'Tags',
];
/** The trigger itself says these; another value here would be another trigger. */
const OF_THE_TRIGGER = ['EventSourceArn', 'FunctionName', 'Queues', 'SelfManagedEventSource', 'Topics'];

const NOT_FOR: Readonly<Record<EventSourceKind, readonly string[]>> = {
  kinesis: ['ScalingConfig'],
  kafka: ['ParallelizationFactor', 'TumblingWindowInSeconds', 'ScalingConfig'],
  sqs: [
    'BisectBatchOnFunctionError',
    'DestinationConfig',
    'MaximumRecordAgeInSeconds',
    'MaximumRetryAttempts',
    'ParallelizationFactor',
    'StartingPosition',
    'StartingPositionTimestamp',
    'TumblingWindowInSeconds',
  ],
};
const KIND_NAMES = { kinesis: 'a Kinesis stream', kafka: 'Kafka', sqs: 'a queue' };

export class Extensions {
  readonly #generated = new Set<string>();

  constructor(
    private readonly resources: Resources,
    private readonly problems: Problems,
  ) {}

  /** Merges the extension of one event source mapping over what its trigger says. */
  merge(logicalId: string, kind: EventSourceKind, given: GivenMapping): void {
    this.#generated.add(logicalId);
    const extension = this.resources.extensions.get(logicalId);
    if (extension === undefined) return;
    const { properties, at } = extension;
    const known = [...Object.keys(PLAIN), ...NESTED].filter((key) => !NOT_FOR[kind].includes(key));
    for (const [key, value] of Object.entries(properties)) {
      const place = [...at, key];
      if (OF_AWS.includes(key)) continue;
      if (OF_THE_TRIGGER.includes(key)) {
        this.problems.add(place, 'the trigger itself says this: change it there');
      } else if (NOT_FOR[kind].includes(key)) {
        this.problems.add(place, `does not exist for ${KIND_NAMES[kind]}`);
      } else if (!known.includes(key)) {
        this.problems.add(place, `unknown property${suggestion(key, known)}`);
      } else if (PLAIN[key] !== undefined) {
        given.set(PLAIN[key], { value, at: place });
      } else {
        this.#nested(key, { value, at: place }, given);
      }
    }
  }

  /** To be called when every trigger has been read: finds extensions of mappings that there are none of. */
  finish(): void {
    const ids = [...this.#generated];
    for (const [id, { at, properties }] of this.resources.extensions) {
      if (/EventSourceMapping(Kinesis|Kafka|MSK|SQS)/.test(id)) {
        if (!this.#generated.has(id)) {
          this.problems.add(at.slice(0, -1), `no such event source mapping${suggestion(id, ids)}`);
        }
      } else if (id.endsWith('LambdaFunction')) this.#refuseFunction({ at, properties });
    }
  }

  /** What runs here is read from `functions`; the same said elsewhere would go unnoticed. */
  #refuseFunction({ at, properties }: Extension): void {
    for (const key of Object.keys(properties)) {
      const own = OF_FUNCTIONS[key];
      if (own !== undefined) this.problems.add([...at, key], `say it as ${own} of the function`);
    }
  }

  #nested(key: string, { value, at }: Given, given: GivenMapping): void {
    if (key === 'FunctionResponseTypes') {
      if (!Array.isArray(value) || value.length > 1)
        this.problems.add(at, 'must be a list of one at the most');
      else if (value.length === 1) given.set('functionResponseType', { value: value[0], at: [...at, 0] });
      else given.delete('functionResponseType');
    } else if (key === 'FilterCriteria') {
      const place = [...at, 'Filters'];
      given.set('filterPatterns', { value: this.#patterns(Object(value).Filters, place), at: place });
    } else if (key === 'DestinationConfig') {
      const destination = Object(Object(value).OnFailure).Destination;
      given.set('onFailure', { value: destination, at: [...at, 'OnFailure', 'Destination'] });
    } else {
      given.set('maximumConcurrency', {
        value: Object(value).MaximumConcurrency,
        at: [...at, 'MaximumConcurrency'],
      });
    }
  }

  /** CloudFormation has patterns as strings of JSON. */
  #patterns(filters: unknown, at: PathKeys): unknown {
    if (!Array.isArray(filters)) return filters;
    return filters.map((filter, index) => {
      const pattern = isObject(filter) ? filter.Pattern : undefined;
      if (typeof pattern !== 'string') return pattern;
      try {
        return JSON.parse(pattern);
      } catch {
        this.problems.add([...at, index, 'Pattern'], 'must be JSON');
        return {};
      }
    });
  }
}

const OF_FUNCTIONS: Readonly<Record<string, string>> = {
  Environment: 'environment',
  Handler: 'handler',
  MemorySize: 'memorySize',
  ReservedConcurrentExecutions: 'reservedConcurrency',
  Runtime: 'runtime',
  Timeout: 'timeout',
};
