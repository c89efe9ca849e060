/** Infinity does not survive JSON: what goes beyond all doubles stays at the largest. */
export function finite(value: number): number {
  return Number.isFinite(value) ? value : Math.sign(value) * Number.MAX_VALUE;
}
