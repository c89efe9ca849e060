/** Batches and their sources, as event source mappings hand them to environments. */
import type {
  BatchInvocation,
  EventSource,
  WindowInvocation,
} from '../../runtime/environments/invocation.js';
import type { EventSourceKind } from '../../runtime/manifest/manifest.js';
import { batchOf, type TestRecord } from './batches.js';

const ARNS: Readonly<Record<EventSourceKind, string>> = {
  kinesis: 'arn:aws:kinesis:eu-west-1:123456789012:stream/telemetry',
  kafka: 'arn:aws:kafka:eu-west-1:123456789012:cluster/readings/0a1b',
  sqs: 'arn:aws:sqs:eu-west-1:123456789012:telemetry',
};

export interface InvocationOptions extends Partial<EventSource> {
  readonly partition?: number;
  /** Offset of the first record. */
  readonly baseOffset?: bigint;
  readonly window?: Partial<WindowInvocation>;
}

export function invocationOf(
  kind: EventSourceKind,
  records: readonly TestRecord[],
  { partition = 2, baseOffset = 40n, window, ...source }: InvocationOptions = {},
): BatchInvocation {
  const stream = source.stream ?? 'telemetry';
  return {
    source: {
      kind,
      stream,
      arn: ARNS[kind],
      bootstrapServers: kind === 'kafka' ? ['b-1.example:9092', 'b-2.example:9092'] : [],
      reportsFailures: true,
      ...source,
    },
    batch: { ...batchOf(records, 0, records.length, { partition, stream }), baseOffset },
    ...(window === undefined
      ? {}
      : {
          window: {
            start: 1_700_000_040_000,
            end: 1_700_000_100_000,
            state: '{}',
            isFinal: false,
            isTerminatedEarly: false,
            ...window,
          },
        }),
  };
}
