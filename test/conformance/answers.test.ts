/** What the answer of a function with ReportBatchItemFailures means. */
import { UNKNOWN_RECORD } from '../../runtime/environments/invocation.js';
import { readBatchAnswer } from '../../runtime/lambda/batch-answer.js';
import { batchEventOf } from '../../runtime/lambda/batch-event.js';
import { sequenceNumberOf } from '../../runtime/lambda/sequence-number.js';
import type { EventSourceKind } from '../../runtime/manifest/manifest.js';
import { batchOf } from '../support/batches.js';
import { fact } from './fact.js';

const property = 'ReportBatchItemFailures';

function failuresIn(
  answer: unknown,
  kind: EventSourceKind = 'kinesis',
  reportsFailures = true,
): readonly bigint[] {
  const batch = batchOf([0, 1, 2].map((arrivalTime) => ({ arrivalTime, key: 'k', payload: 'x' })));
  const source = { kind, stream: 'telemetry', arn: '', bootstrapServers: [], reportsFailures };
  const { identifiers } = batchEventOf({ source, batch }, { region: 'us-east-1' });
  return readBatchAnswer(answer, { reportsFailures }, identifiers).failures;
}

const failed = (...identifiers: readonly unknown[]) => ({
  batchItemFailures: identifiers.map((itemIdentifier) => ({ itemIdentifier })),
});

fact(
  {
    id: 'answer-success',
    property,
    behaviour: 'Success: "", null, {}, batchItemFailures null or empty.',
    source: 'L',
  },
  () => {
    const answers = ['', null, undefined, {}, { batchItemFailures: null }, { batchItemFailures: [] }];
    expect(answers.map((answer) => failuresIn(answer))).toEqual(answers.map(() => []));
  },
);

fact(
  {
    id: 'answer-whole-batch',
    property,
    behaviour: 'The whole batch failed: an identifier that is empty, null, unknown or under another key.',
    source: 'L',
  },
  () => {
    const answers = [
      failed(''),
      failed(null),
      failed('unknown'),
      failed(sequenceNumberOf(0, 77n)),
      { batchItemFailures: [{ identifier: sequenceNumberOf(0, 1n) }] },
      { batchItemFailures: [{}] },
    ];
    expect(answers.map((answer) => failuresIn(answer))).toEqual(answers.map(() => [UNKNOWN_RECORD]));
  },
);

fact(
  {
    id: 'answer-kinesis',
    property,
    behaviour: 'Kinesis: records are named by sequence number.',
    source: 'D',
  },
  () => {
    expect(failuresIn(failed(sequenceNumberOf(0, 2n), sequenceNumberOf(0, 1n)))).toEqual([2n, 1n]);
  },
);

fact(
  {
    id: 'answer-kafka',
    property,
    behaviour: 'Kafka: records are named by an object of topic-partition and offset.',
    source: 'D',
  },
  () => {
    expect(failuresIn(failed({ partition: 'telemetry-0', offset: 1 }), 'kafka')).toEqual([1n]);
    expect(failuresIn(failed({ partition: 'other-0', offset: 1 }), 'kafka')).toEqual([UNKNOWN_RECORD]);
  },
);

fact(
  {
    id: 'answer-kafka-text',
    property,
    behaviour: 'Kafka: one text of topic, partition and offset, which middleware sends, is not documented.',
    source: 'D',
    difference: 'understood as well',
  },
  () => expect(failuresIn(failed('telemetry-0-1'), 'kafka')).toEqual([1n]),
);

fact(
  {
    id: 'answer-not-asked',
    property,
    behaviour: 'Without the setting, whatever a function answers is a success.',
    source: 'D',
  },
  () => {
    expect(failuresIn(failed(sequenceNumberOf(0, 1n)), 'kinesis', false)).toEqual([]);
  },
);

fact(
  {
    id: 'answer-window-state',
    property,
    behaviour: 'In a tumbling window an answer without `state` is a failed invocation.',
    source: 'D',
  },
  () => {
    const identifiers = { offsetOf: () => null };
    const inWindow = { reportsFailures: true, window: { isFinal: false } };
    expect(readBatchAnswer({ state: { n: 1 } }, inWindow, identifiers)).toEqual({
      failures: [],
      state: '{"n":1}',
    });
    expect(() => readBatchAnswer({}, inWindow, identifiers)).toThrow(/state/);
  },
);
