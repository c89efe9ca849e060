/**
 * Checks the identities of the books (see `accounting.ts`) in one partition. Pure.
 */
import type { AggregationTally } from '../../stores/aggregation.js';
import type { ValidationTally } from '../../stores/validation.js';
import type { KindCounts } from '../../streams/stream.js';
import type { PartitionStatus } from '../contract.js';

export interface Imbalance {
  readonly partition: number;
  /** The identity that does not hold, in words. */
  readonly what: string;
  readonly expected: number;
  readonly actual: number;
}

/** A partition whose records are told apart. */
export type CountedPartition = PartitionStatus & { readonly counts: KindCounts; readonly isSparse: boolean };

/** @param inFlight events that validate has not finished, worked out from offsets and ticks; null: not known */
export function imbalancesOf(
  stream: CountedPartition,
  validation: Omit<ValidationTally, 'partition'>,
  aggregation: Omit<AggregationTally, 'partition'>,
  inFlight: number | null,
): Imbalance[] {
  const found: Imbalance[] = [];
  const equal = (what: string, expected: number, actual: number) => {
    if (expected !== actual) found.push({ partition: stream.partition, what, expected, actual });
  };
  const atMost = (what: string, most: number, actual: number) => {
    if (actual > most) found.push({ partition: stream.partition, what, expected: most, actual });
  };
  const { acknowledged, received, tick } = stream.counts;
  const end = Number(stream.end);
  const validated = Number(validation.nextOffset);
  const aggregated = Number(aggregation.nextOffset);
  const { late, duplicate, refused } = aggregation;
  const events = acknowledged + received;
  if (stream.isSparse) {
    atMost('nextOffset of validate <= end of the stream', end, validated);
    atMost('nextOffset of aggregate <= end of the stream', end, aggregated);
    if (validation.nextOffset !== aggregation.nextOffset) return found;
    const validEvents = validation.valid + validation.quarantined;
    const aggregateEvents = aggregation.aggregated + late + duplicate + refused;
    equal('events of aggregate = events of validate', validEvents, aggregateEvents);
    equal('refused by aggregate = quarantined by validate', validation.quarantined, refused);
    equal('ticks of aggregate = ticks of validate', validation.ticks, aggregation.ticks);
    return found;
  }

  equal('records by kind = end of the stream', end, events + tick);
  equal('valid + quarantined + ticks = nextOffset of validate', validated, outcomes(validation));
  equal(
    'aggregated + late + duplicate + refused + ticks = nextOffset of aggregate',
    aggregated,
    aggregation.aggregated + late + duplicate + refused + aggregation.ticks,
  );
  equal(
    'acknowledged + received = valid + quarantined + in flight',
    events,
    validation.valid + validation.quarantined + (inFlight ?? 0),
  );
  atMost('nextOffset of validate <= end of the stream', end, validated);
  atMost('nextOffset of aggregate <= end of the stream', end, aggregated);
  atMost('ticks of validate <= ticks of the stream', tick, validation.ticks);
  atMost('ticks of aggregate <= ticks of the stream', tick, aggregation.ticks);
  atMost('events of validate <= events of the stream', events, validation.valid + validation.quarantined);
  atMost(
    'events of aggregate <= events of the stream',
    events,
    aggregation.aggregated + late + duplicate + refused,
  );
  if (validated === aggregated) {
    equal('refused by aggregate = quarantined by validate', validation.quarantined, refused);
    equal('ticks of aggregate = ticks of validate', validation.ticks, aggregation.ticks);
  }
  return found;
}

function outcomes(validation: Omit<ValidationTally, 'partition'>): number {
  return validation.valid + validation.quarantined + validation.ticks;
}
