/** The drivers' clock: epoch ms with fractions that never goes back, alike in all processes of one machine. */
export function wallNow(): number {
  return performance.timeOrigin + performance.now();
}
