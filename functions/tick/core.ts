/** The time a tick tells: never earlier than any tick before it, whatever the clock says. */
export function tickTime(last: number, due: number): number {
  return Math.max(last, due);
}
