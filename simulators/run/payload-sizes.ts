/** How large the payloads of a plan are, from a sample of its devices: what a bill has to know. */
import type { Plan } from '../plan/action.js';

const DEVICES = 100;
const PUBLISHES_EACH = 20;

/** Bytes, mean and 95th percentile; null when nothing is published. */
export function payloadSizes({ devices }: Plan): { readonly mean: number; readonly p95: number } | null {
  const step = Math.max(1, Math.floor(devices.length / DEVICES));
  const sizes: number[] = [];
  for (let index = 0; index < devices.length; index += step) {
    let left = PUBLISHES_EACH;
    for (const action of devices[index]!.actions()) {
      if (action.kind !== 'publish') continue;
      sizes.push(action.payload.length);
      if (--left === 0) break;
    }
  }
  if (sizes.length === 0) return null;
  sizes.sort((a, b) => a - b);
  const mean = sizes.reduce((sum, size) => sum + size, 0) / sizes.length;
  return { mean: Math.round(mean), p95: sizes[Math.floor(0.95 * (sizes.length - 1))]! };
}
