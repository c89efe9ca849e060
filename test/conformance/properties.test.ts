/** Settings of event source mappings: ranges, defaults, relations, as serverless.yml gives them. */
import { fact } from './fact.js';
import { functionsOf, kafka, kinesis, mappingsOf, refusalsOf, sqs, toQueue } from './manifests.js';

const refused = expect.any(String) as unknown;
const anyWindow = { batchWindow: 1 };

fact(
  {
    id: 'batch-size-range',
    property: 'BatchSize',
    behaviour: 'From 1 to 10,000 records.',
    source: 'B',
  },
  async () => {
    const [least, most] = await mappingsOf(
      kinesis({ batchSize: 1 }),
      kinesis({ batchSize: 10_000, ...anyWindow }),
    );
    expect([least!.batchSize, most!.batchSize]).toEqual([1, 10_000]);
    expect(
      await refusalsOf(
        kinesis({ batchSize: 0 }),
        kinesis({ batchSize: 10_001, ...anyWindow }),
        kinesis({ batchSize: 1.5 }),
      ),
    ).toEqual([refused, refused, refused]);
  },
);

fact(
  {
    id: 'batch-size-default',
    property: 'BatchSize',
    behaviour: 'By default 100 for Kinesis and Kafka, 10 for SQS.',
    source: 'B',
    difference:
      'for Kinesis 10 when serverless.yml does not say, because that is what the packager sends to AWS then',
  },
  async () => {
    const [stream, topic, queue] = await mappingsOf(kinesis(), kafka(), sqs());
    expect([stream!.batchSize, topic!.batchSize, queue!.batchSize]).toEqual([10, 100, 10]);
  },
);

fact(
  {
    id: 'batch-size-fifo',
    property: 'BatchSize',
    behaviour: 'At most 10 for a FIFO queue.',
    source: 'B',
  },
  async () => {
    expect((await mappingsOf(sqs({ batchSize: 10 }, 'Ordered')))[0]!.batchSize).toBe(10);
    expect(await refusalsOf(sqs({ batchSize: 11, maximumBatchingWindow: 1 }, 'Ordered'))).toEqual([refused]);
  },
);

fact(
  {
    id: 'batch-window-range',
    property: 'MaximumBatchingWindowInSeconds',
    behaviour: 'From 0 to 300 seconds; by default 0 for Kinesis and SQS, half a second for Kafka.',
    source: 'B',
  },
  async () => {
    const mappings = await mappingsOf(kinesis({ batchWindow: 300 }), kinesis(), kafka(), sqs());
    expect(mappings.map(({ batchWindowMs }) => batchWindowMs)).toEqual([300_000, 0, 500, 0]);
    expect(await refusalsOf(kinesis({ batchWindow: -1 }), kinesis({ batchWindow: 301 }))).toEqual([
      refused,
      refused,
    ]);
  },
);

fact(
  {
    id: 'batch-window-for-large-batches',
    property: 'MaximumBatchingWindowInSeconds',
    behaviour: 'At least 1 second with a batch size above 10 (Kinesis, SQS).',
    source: 'B',
    difference: "Kinesis is not held to it: AWS's own default there is a hundred records without a window.",
  },
  async () => {
    expect(await refusalsOf(sqs({ batchSize: 11 }), kafka({ batchSize: 0 }))).toEqual([
      expect.stringContaining('maximumBatchingWindow'),
      refused,
    ]);
    expect((await mappingsOf(kafka({ batchSize: 11 })))[0]!.batchSize).toBe(11);
    expect((await mappingsOf(kinesis({ batchSize: 11 })))[0]!.batchSize).toBe(11);
  },
);

fact(
  {
    id: 'parallelization-factor-range',
    property: 'ParallelizationFactor',
    behaviour: 'From 1 to 10, by default 1; Kafka has none.',
    source: 'B',
  },
  async () => {
    const mappings = await mappingsOf(kinesis(), kinesis({ parallelizationFactor: 10 }));
    expect(mappings.map(({ parallelizationFactor }) => parallelizationFactor)).toEqual([1, 10]);
    expect(
      await refusalsOf(
        kinesis({ parallelizationFactor: 0 }),
        kinesis({ parallelizationFactor: 11 }),
        kafka({}, { ParallelizationFactor: 2 }),
      ),
    ).toEqual([refused, refused, refused]);
  },
);

fact(
  {
    id: 'bisect-default',
    property: 'BisectBatchOnFunctionError',
    behaviour: 'Off by default, for Kinesis and Kafka.',
    source: 'B',
  },
  async () => {
    const mappings = await mappingsOf(
      kinesis(),
      kinesis({ bisectBatchOnFunctionError: true }),
      kafka(),
      kafka({}, { BisectBatchOnFunctionError: true }),
    );
    expect(mappings.map(({ bisectBatchOnFunctionError }) => bisectBatchOnFunctionError)).toEqual([
      false,
      true,
      false,
      true,
    ]);
  },
);

fact(
  {
    id: 'retry-attempts-range',
    property: 'MaximumRetryAttempts',
    behaviour: 'From -1 (for ever) to 10,000, by default -1.',
    source: 'B',
  },
  async () => {
    const mappings = await mappingsOf(
      kinesis(),
      kinesis({ maximumRetryAttempts: 0 }),
      kinesis({ maximumRetryAttempts: 10_000 }),
      kafka(),
      kafka({}, { MaximumRetryAttempts: 3 }),
    );
    expect(mappings.map(({ maximumRetryAttempts }) => maximumRetryAttempts)).toEqual([-1, 0, 10_000, -1, 3]);
    expect(
      await refusalsOf(kinesis({ maximumRetryAttempts: -2 }), kinesis({ maximumRetryAttempts: 10_001 })),
    ).toEqual([refused, refused]);
  },
);

fact(
  {
    id: 'retry-attempts-kafka-with-destination',
    property: 'MaximumRetryAttempts',
    behaviour: 'Kafka with a failure destination: at most 10 retries when none are asked for.',
    source: 'D',
  },
  async () => {
    const destination = {
      DestinationConfig: { OnFailure: { Destination: { 'Fn::GetAtt': ['Dead', 'Arn'] } } },
    };
    const mappings = await mappingsOf(
      kafka({}, destination),
      kafka({}, { ...destination, MaximumRetryAttempts: 20 }),
    );
    expect(mappings.map(({ maximumRetryAttempts }) => maximumRetryAttempts)).toEqual([10, 20]);
  },
);

fact(
  {
    id: 'record-age-range',
    property: 'MaximumRecordAgeInSeconds',
    behaviour: '-1 (for ever, the default) or from 60 to 604,800 seconds; 1 to 59 are refused.',
    source: 'B',
  },
  async () => {
    const mappings = await mappingsOf(
      kinesis(),
      kinesis({ maximumRecordAgeInSeconds: 60 }),
      kinesis({ maximumRecordAgeInSeconds: 604_800 }),
      kafka({}, { MaximumRecordAgeInSeconds: 60 }),
    );
    expect(mappings.map(({ maximumRecordAgeMs }) => maximumRecordAgeMs)).toEqual([
      -1, 60_000, 604_800_000, 60_000,
    ]);
    const wrong = [0, 1, 59, 604_801, -2];
    const entries = wrong.map((maximumRecordAgeInSeconds) => kinesis({ maximumRecordAgeInSeconds }));
    expect(await refusalsOf(...entries)).toEqual(wrong.map(() => refused));
  },
);

fact(
  {
    id: 'function-response-types',
    property: 'FunctionResponseTypes',
    behaviour: 'ReportBatchItemFailures or nothing, for every source.',
    source: 'B',
  },
  async () => {
    const mappings = await mappingsOf(
      kinesis(),
      kinesis({ functionResponseType: 'ReportBatchItemFailures' }),
      kafka({}, { FunctionResponseTypes: ['ReportBatchItemFailures'] }),
      sqs({ functionResponseType: 'ReportBatchItemFailures' }),
    );
    expect(mappings.map(({ reportBatchItemFailures }) => reportBatchItemFailures)).toEqual([
      false,
      true,
      true,
      true,
    ]);
    expect(await refusalsOf(kinesis({ functionResponseType: 'Everything' }))).toEqual([refused]);
  },
);

fact(
  {
    id: 'on-failure-kinds',
    property: 'OnFailure',
    behaviour: 'A standard queue, topic or bucket; FIFO ones are refused.',
    source: 'D',
    difference:
      'a local stream, a file or a webhook stands in for it (`custom.millrace.destinations`), a file by default',
  },
  async () => {
    const arn = (service: string, name: string) =>
      kinesis({ destinations: { onFailure: `arn:aws:${service}:us-east-1:123456789012:${name}` } });
    const [queue, , topic] = await mappingsOf(kinesis(toQueue()), kinesis(), arn('sns', 'failed'));
    expect([queue!.onFailure, topic!.onFailure]).toEqual(['dead', 'failed']);
    expect(
      await refusalsOf(kinesis(toQueue('DeadInOrder')), arn('sqs', 'dead.fifo'), arn('lambda', 'function:f')),
    ).toEqual([refused, refused, refused]);
  },
);

fact(
  {
    id: 'on-failure-kafka-topic',
    property: 'OnFailure',
    behaviour: 'Kafka can report to a topic of its cluster, `kafka://topic`, which is not the source.',
    source: 'D',
  },
  async () => {
    const to = (Destination: string) => kafka({}, { DestinationConfig: { OnFailure: { Destination } } });
    expect((await mappingsOf(to('kafka://failed')))[0]!.onFailure).toBe('failed');
    expect(await refusalsOf(to('kafka://orders'))).toEqual([refused]);
  },
);

fact(
  {
    id: 'starting-position-values',
    property: 'StartingPosition',
    behaviour: 'TRIM_HORIZON, LATEST or AT_TIMESTAMP.',
    source: 'B',
    difference:
      'TRIM_HORIZON when serverless.yml does not say, where AWS requires one: the packager fills it in',
  },
  async () => {
    const mappings = await mappingsOf(
      kinesis(),
      kinesis({ startingPosition: 'LATEST' }),
      kinesis({ startingPosition: 'AT_TIMESTAMP', startingPositionTimestamp: 1_700_000_000, consumer: true }),
    );
    expect(mappings.map(({ startingPosition }) => startingPosition)).toEqual([
      'TRIM_HORIZON',
      'LATEST',
      'AT_TIMESTAMP',
    ]);
    expect(mappings[2]!.startingTimestamp).toBe(1_700_000_000_000);
    expect(await refusalsOf(kinesis({ startingPosition: 'OLDEST' }))).toEqual([refused]);
  },
);

fact(
  {
    id: 'starting-position-timestamp',
    property: 'StartingPosition',
    behaviour: 'A timestamp with AT_TIMESTAMP and only then, and none of the future.',
    source: 'B',
  },
  async () => {
    const at = (startingPosition: string, startingPositionTimestamp?: number) =>
      kinesis({ startingPosition, startingPositionTimestamp, consumer: true });
    expect(
      await refusalsOf(at('AT_TIMESTAMP'), at('LATEST', 1_700_000_000), at('AT_TIMESTAMP', 9_000_000_000)),
    ).toEqual([refused, refused, refused]);
  },
);

fact(
  {
    id: 'starting-position-timestamp-packaging',
    property: 'StartingPosition',
    behaviour: 'The packager leaves the timestamp out of the template unless the stream has a `consumer`.',
    source: 'O',
    difference:
      'refused, with the place under `resources.extensions` to say it instead: AWS would reject the template',
  },
  async () => {
    const entry = kinesis({ startingPosition: 'AT_TIMESTAMP', startingPositionTimestamp: 1_700_000_000 });
    expect(await refusalsOf(entry)).toEqual([expect.stringContaining('StartingPositionTimestamp')]);
  },
);

fact(
  {
    id: 'tumbling-window-range',
    property: 'TumblingWindowInSeconds',
    behaviour: 'From 0 (none) to 900 seconds; Kafka has none.',
    source: 'B',
  },
  async () => {
    const mappings = await mappingsOf(kinesis(), kinesis({ tumblingWindowInSeconds: 900 }));
    expect(mappings.map(({ tumblingWindowMs }) => tumblingWindowMs)).toEqual([0, 900_000]);
    expect(
      await refusalsOf(
        kinesis({ tumblingWindowInSeconds: 901 }),
        kinesis({ tumblingWindowInSeconds: -1 }),
        kafka({}, { TumblingWindowInSeconds: 10 }),
      ),
    ).toEqual([refused, refused, refused]);
  },
);

fact(
  {
    id: 'filter-count',
    property: 'FilterCriteria',
    behaviour: 'Up to 5 patterns, 10 with a raised quota.',
    source: 'D',
    difference: 'up to 10 always, like the packager: an account’s quota is not known here',
  },
  async () => {
    const patterns = (count: number) => ({
      filterPatterns: new Array<object>(count).fill({ data: { a: [1] } }),
    });
    const mappings = await mappingsOf(kinesis(), kinesis(patterns(5)), kinesis(patterns(10)));
    expect(mappings.map(({ filterPatterns }) => filterPatterns.length)).toEqual([0, 5, 10]);
    expect(await refusalsOf(kinesis(patterns(11)))).toEqual([refused]);
  },
);

fact(
  {
    id: 'filter-length',
    property: 'FilterCriteria',
    behaviour: 'A pattern has at most 4,096 characters.',
    source: 'B',
  },
  async () => {
    const pattern = (length: number) => {
      const rest = length - JSON.stringify({ data: { a: [''] } }).length;
      return kinesis({ filterPatterns: [{ data: { a: ['x'.repeat(rest)] } }] });
    };
    expect((await mappingsOf(pattern(4_096)))[0]!.filterPatterns).toHaveLength(1);
    expect(await refusalsOf(pattern(4_097))).toEqual([refused]);
  },
);

fact(
  {
    id: 'provisioned-pollers',
    property: 'ProvisionedPollerConfig',
    behaviour: 'Kafka: from 1 to 200 pollers at least, from 1 to 2,000 at most.',
    source: 'B',
    difference: 'checked and without effect: a partition has one poller here, and needs no other',
  },
  async () => {
    const pollers = (minimumPollers: number, maximumPollers: number) =>
      kafka({ provisionedPollerConfig: { minimumPollers, maximumPollers } });
    await mappingsOf(pollers(1, 2_000), pollers(200, 200));
    expect(await refusalsOf(pollers(0, 10), pollers(201, 300), pollers(1, 2_001), pollers(20, 10))).toEqual([
      refused,
      refused,
      refused,
      refused,
    ]);
  },
);

fact(
  {
    id: 'consumption-mode',
    property: 'ConsumptionMode',
    behaviour: 'Kafka: Stream, or Queue (share groups, without order in a partition).',
    source: 'B',
    difference: 'Stream always, any other setting is refused: the local log has no share groups',
  },
  async () => {
    expect(await refusalsOf(kafka({}, { ConsumptionMode: 'Queue' }))).toEqual([refused]);
  },
);

fact(
  {
    id: 'maximum-concurrency',
    property: 'ScalingConfig',
    behaviour: 'SQS: a maximum concurrency from 2 to 1,000.',
    source: 'B',
    difference:
      'checked and without effect: a stream stands in for the queue, with one batch at a time per partition',
  },
  async () => {
    await mappingsOf(sqs({ maximumConcurrency: 2 }), sqs({ maximumConcurrency: 1_000 }));
    expect(await refusalsOf(sqs({ maximumConcurrency: 1 }), sqs({ maximumConcurrency: 1_001 }))).toEqual([
      refused,
      refused,
    ]);
  },
);

fact(
  {
    id: 'enabled-default',
    property: 'Enabled',
    behaviour: 'On by default.',
    source: 'B',
  },
  async () => {
    const mappings = await mappingsOf(kinesis(), kinesis({ enabled: false }), kafka());
    expect(mappings.map(({ enabled }) => enabled)).toEqual([true, false, true]);
  },
);

fact(
  {
    id: 'kafka-timeout',
    property: 'Timeout',
    behaviour: 'At most 14 minutes for a function with a Kafka trigger, 15 for others.',
    source: 'D',
  },
  async () => {
    const [fn] = await functionsOf({ ...kafka(), settings: { timeout: 840 } });
    expect(fn!.timeoutMs).toBe(840_000);
    expect(
      await refusalsOf(
        { ...kafka(), settings: { timeout: 841 } },
        { ...kinesis(), settings: { timeout: 901 } },
      ),
    ).toEqual([refused, refused]);
  },
);

fact(
  {
    id: 'all-problems-at-once',
    property: 'Configuration',
    behaviour: 'Settings that are wrong are refused before anything runs.',
    source: 'O',
  },
  async () => {
    const [problems] = await refusalsOf(
      kinesis({ batchSize: 0, parallelizationFactor: 11, startingPosition: 'X' }),
    );
    expect(problems!.split('\n')).toHaveLength(3);
    for (const line of problems!.split('\n'))
      expect(line).toMatch(/^functions\.fn0\.events\[0\]\.stream\.\w+: /);
  },
);
