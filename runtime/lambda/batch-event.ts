/**
 * Batches as the event of their source: what all three kinds have in common.
 *
 * A tick record says what time it is to Millrace's own functions. To a plain handler it would be a record nobody put
 * into the stream, so events leave ticks out; a batch of nothing but ticks is finished without an invocation. They are
 * left out here, not by the mapping, so that the checkpoint moves over them like over any other record.
 */
import type { BatchInvocation } from '../environments/invocation.js';
import type { BatchIdentifiers } from './batch-answer.js';
import { kafkaEvent } from './kafka-event.js';
import { kinesisEvent } from './kinesis-event.js';
import { sqsEvent } from './sqs-event.js';

export interface BatchEvent {
  readonly event: unknown;
  /** Records in the event: those of the batch but for ticks. */
  readonly count: number;
  /** How the answer names them. */
  readonly identifiers: BatchIdentifiers;
}

export interface BatchEventOptions {
  /** Where a source that names no region lies. */
  readonly region: string;
  /**
   * Shows records as Millrace itself appends them to Kinesis: every one, ticks too, in its envelope (see
   * `adapters/aws/envelope.ts`), numbered by offset. For Millrace's functions entered through Lambda's door.
   */
  readonly enveloped?: boolean;
}

export function batchEventOf(invocation: BatchInvocation, options: BatchEventOptions): BatchEvent {
  switch (invocation.source.kind) {
    case 'kinesis':
      return kinesisEvent(invocation, options);
    case 'kafka':
      return kafkaEvent(invocation);
    case 'sqs':
      return sqsEvent(invocation, options);
  }
}
