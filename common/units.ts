/** Human durations, sizes and moments, as YAML files write them. Each answers undefined for anything else. */

const DURATION_UNITS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};
const SIZE_UNITS: Readonly<Record<string, number>> = {
  B: 1,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
};

/** `1h30m` -> 5,400,000 ms; a bare number is in ms. */
export function durationMs(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isSafeInteger(value) && value >= 0 ? value : undefined;
  if (typeof value !== 'string' || !/^(\d+(ms|[smhdw]))+$/.test(value)) return undefined;
  let total = 0;
  for (const [, amount, unit] of value.matchAll(/(\d+)(ms|[smhdw])/g)) {
    total += Number(amount) * DURATION_UNITS[unit!]!;
  }
  return Number.isSafeInteger(total) ? total : undefined;
}

/** 5,400,000 ms -> `1h30m`: what `durationMs` reads. */
export function durationText(ms: number): string {
  const units = Object.entries(DURATION_UNITS).reverse();
  let rest = ms;
  let text = '';
  for (const [unit, size] of units) {
    const amount = Math.floor(rest / size);
    if (amount > 0) text += `${amount}${unit}`;
    rest -= amount * size;
  }
  return text === '' ? '0s' : text;
}

/** `64MiB` -> 67,108,864 bytes; a bare number is in bytes. */
export function sizeBytes(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isSafeInteger(value) && value >= 0 ? value : undefined;
  const match = typeof value === 'string' ? /^(\d+)(B|[KMGT]iB)$/.exec(value) : null;
  if (match === null) return undefined;
  const bytes = Number(match[1]) * SIZE_UNITS[match[2]!]!;
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}

/** `2000-01-01T00:00:00Z` or `2000-01-01` -> epoch ms; a bare number is epoch ms. */
export function epochMs(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? value : undefined;
  if (
    typeof value !== 'string' ||
    !/^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:\d\d))?$/.test(value)
  ) {
    return undefined;
  }
  const time = Date.parse(value);
  return Number.isNaN(time) ? undefined : time;
}
