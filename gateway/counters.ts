/** Counters of the gateway since the process started: what it let in, what it refused, and why. */
export interface Counters {
  increment(name: string, by?: number): void;
  snapshot(): Record<string, number>;
}

export function createCounters(): Counters {
  const values = new Map<string, number>();
  return {
    increment: (name, by = 1) => void values.set(name, (values.get(name) ?? 0) + by),
    snapshot: () => Object.fromEntries(values),
  };
}
