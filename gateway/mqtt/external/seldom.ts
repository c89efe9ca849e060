/** Keeps a log readable: lets one message through per interval and kind, and says how many were left out. */
export function seldom(intervalMs: number, now: () => number) {
  const kinds = new Map<string, { next: number; omitted: number }>();
  /** Calls `tell` with the number of times that it was not called since, or does not call it. */
  return (kind: string, tell: (omitted: number) => void): void => {
    const time = now();
    const known = kinds.get(kind);
    if (known !== undefined && time < known.next) {
      known.omitted++;
      return;
    }
    kinds.set(kind, { next: time + intervalMs, omitted: 0 });
    tell(known?.omitted ?? 0);
  };
}
