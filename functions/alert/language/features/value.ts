/** Looking metrics up in events, and numbers that JSON does not know. */
import type { EventObject } from '../scope.js';

/** Of characters; a longer text is not remembered. */
export const MAX_TEXT = 256;

/** Undefined when it is absent or null. Metrics may be called as every JavaScript object's members are. */
export function metricOf(event: EventObject, metric: string): unknown {
  return Object.hasOwn(event, metric) ? (event[metric] ?? undefined) : undefined;
}

/** Undefined for everything but numbers. */
export function numberOf(event: EventObject, metric: string): number | undefined {
  const value = metricOf(event, metric);
  // + 0: JSON knows no -0, and what was kept and read again has to be the same.
  return typeof value === 'number' ? value + 0 : undefined;
}

/** A number, a truth value or a text that is not too long. */
export function scalarOf(event: EventObject, metric: string): number | boolean | string | undefined {
  const value = metricOf(event, metric);
  if (typeof value === 'number') return value + 0;
  if (typeof value === 'boolean') return value;
  return typeof value === 'string' && value.length <= MAX_TEXT ? value : undefined;
}

/** Sums of readings may leave the numbers that JSON has. */
export const packNumber = (value: number): number | string =>
  Number.isFinite(value) ? value : String(value);
export const unpackNumber = (value: unknown): number => Number(value);
