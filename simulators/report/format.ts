/** Numbers, times and sizes as people read them. */
const whole = new Intl.NumberFormat('en-US');

export function count(value: number): string {
  return whole.format(Math.round(value));
}

/** `1 device`, `3 devices`. */
export function counted(value: number, noun: string): string {
  return `${count(value)} ${noun}${value === 1 ? '' : 's'}`;
}

/** Three significant digits while it is small, whole numbers after. */
export function rate(value: number): string {
  if (value === 0 || value >= 100) return count(value);
  return String(Number(value.toPrecision(3)));
}

/** A latency of so many ms: `840 µs`, `3.2 ms`, `1.25 s`. */
export function latency(ms: number): string {
  if (ms < 1) return `${Math.round(ms * 1000)} µs`;
  if (ms < 1000) return `${Number(ms.toPrecision(3))} ms`;
  return `${Number((ms / 1000).toPrecision(3))} s`;
}

/** A span of so many seconds: `15 s`, `4.2 s`, `2 min 5 s`, `3 h 20 min`. */
export function span(seconds: number): string {
  if (seconds < 10) return `${Number(seconds.toFixed(1))} s`;
  const rounded = Math.round(seconds);
  if (rounded < 120) return `${rounded} s`;
  const minutes = Math.floor(rounded / 60);
  if (minutes < 120) return parts(minutes, 'min', rounded % 60, 's');
  return parts(Math.floor(minutes / 60), 'h', minutes % 60, 'min');
}

function parts(most: number, unit: string, rest: number, unitOfRest: string): string {
  return rest === 0 ? `${most} ${unit}` : `${most} ${unit} ${rest} ${unitOfRest}`;
}

/** In powers of 1000. */
export function bytes(value: number): string {
  const units = ['B', 'KB', 'MB', 'GB', 'TB'];
  const power = value < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(value) / 3 + 1e-9));
  return `${Number((value / 1000 ** power).toPrecision(3))} ${units[power]}`;
}

/** A change in percent with its sign; `±0 %` below half of one. */
export function change(from: number, to: number): string {
  if (from === to) return '±0 %';
  if (from === 0) return `+${Number(to.toPrecision(3))}`;
  const percent = ((to - from) / from) * 100;
  if (Math.abs(percent) < 0.05) return '±0 %';
  const digits = Math.abs(percent) < 10 ? 1 : 0;
  return `${percent > 0 ? '+' : '−'}${Math.abs(percent).toFixed(digits)} %`;
}
