/** Records for the filters' tests. */
import type { FilterSubject } from '../../../../runtime/mappings/filters/filter.js';

/** @param data a text, bytes, or anything else as JSON */
export function subject(data: unknown, more: Partial<FilterSubject> = {}): FilterSubject {
  const value = Buffer.isBuffer(data)
    ? data
    : Buffer.from(typeof data === 'string' ? data : JSON.stringify(data));
  return {
    partition: 0,
    offset: 0n,
    key: 'device-1',
    arrivalTime: 1_545_084_650_987,
    value,
    stream: 'telemetry',
    ...more,
  };
}
