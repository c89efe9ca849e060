/** Batches whose records tell a function what to do. */
import type { BatchInvocation } from '../../runtime/environments/invocation.js';
import { batchOf } from '../support/batches.js';

export function ordering(...orders: readonly string[]): BatchInvocation {
  return {
    source: {
      kind: 'kinesis',
      stream: 's',
      arn: 'arn:aws:kinesis:eu-west-1:123456789012:stream/s',
      bootstrapServers: [],
      reportsFailures: true,
    },
    batch: batchOf(
      orders.map((payload) => ({ arrivalTime: 0, key: 'k', payload })),
      0,
      orders.length,
      { stream: 's' },
    ),
  };
}
