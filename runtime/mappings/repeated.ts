/** What fails again and again is logged the first time, then at doubling counts: a log is to be read. */
export function isWorthLogging(count: number): boolean {
  return Number.isInteger(Math.log2(count));
}
