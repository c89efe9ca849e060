/** Money, quantities and spans as people read them. */
import type { Price } from './prices.js';

/** `$1,234.50`; `$0.0042` when cents would show nothing. */
export function dollars(value: number): string {
  if (value < 0) return `-${dollars(-value)}`;
  if (value !== 0 && value < 0.01) return `$${Number(value.toPrecision(2))}`;
  const digits = value >= 10_000 ? 0 : 2;
  return `$${value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits })}`;
}

/** `1,460`, `0.25`, `2.63 M`, `1.2 G` */
export function amount(value: number): string {
  if (value >= 1e12) return `${Number((value / 1e12).toPrecision(4))} T`;
  if (value >= 1e9) return `${Number((value / 1e9).toPrecision(4))} G`;
  if (value >= 1e6) return `${Number((value / 1e6).toPrecision(4))} M`;
  if (value >= 100) return Math.round(value).toLocaleString('en-US');
  return String(Number(value.toPrecision(3)));
}

/** `$0.625/M`, `$0.015` */
export function unitPrice(price: number, { per }: Pick<Price, 'per'>): string {
  return `$${Number(price.toPrecision(6))}${per === 1_000_000 ? '/M' : ''}`;
}

/** `1.4 s`, `5 min`; `without end` for a lane that falls behind. */
export function seconds(value: number): string {
  if (!Number.isFinite(value)) return 'without end';
  if (value < 1) return `${Number((value * 1000).toPrecision(3))} ms`;
  if (value < 120) return `${Number(value.toPrecision(3))} s`;
  return `${Number((value / 60).toPrecision(3))} min`;
}

export function percent(share: number): string {
  if (share > 0 && share < 0.001) return '< 0.1 %';
  return `${Number((share * 100).toPrecision(2))} %`;
}
