/**
 * Durations as Prometheus writes them: `30s`, `5m`, `1h30m`, `0`.
 * Source: Prometheus, common/model/time.go, ParseDuration: units y w d h m s ms, each at most once, in this order.
 */
const DURATION = /^(?:(\d+)y)?(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m(?!s))?(?:(\d+)s)?(?:(\d+)ms)?$/;
const DAY = 86_400_000;
const UNITS = [365 * DAY, 7 * DAY, DAY, 3_600_000, 60_000, 1_000, 1] as const;

/** Milliseconds, or undefined when the text is no duration. */
export function parseDuration(text: string): number | undefined {
  if (text === '0') return 0;
  const match = DURATION.exec(text);
  if (text === '' || match === null) return undefined;
  const total = UNITS.reduce((sum, unit, index) => sum + Number(match[index + 1] ?? 0) * unit, 0);
  return Number.isSafeInteger(total) ? total : undefined;
}
