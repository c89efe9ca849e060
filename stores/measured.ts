/** Figures as the stores keep them: a JSON text of the metrics, and one of the states where there are any. */
import type { Measured } from './aggregation.js';

export interface StoredFigures {
  readonly events: number;
  readonly metrics: string;
  readonly states: string | null;
}

export function statesText({ states }: Measured): string | null {
  return states === undefined ? null : JSON.stringify(states);
}

/** Members in one order, whatever the store: they become JSON. */
export function measuredOf({ events, metrics, states }: StoredFigures): Measured {
  const numbers = JSON.parse(metrics) as Measured['metrics'];
  if (states === null) return { events, metrics: numbers };
  return { events, metrics: numbers, states: JSON.parse(states) as NonNullable<Measured['states']> };
}
