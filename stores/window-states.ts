/**
 * Where lanes with tumbling windows keep how far they are and the state of the window under way: one row, written at
 * once, because a state without its position would count records twice and a position without its state would lose
 * them.
 *
 * For such a lane the row is the truth and the checkpoint follows it. It is written after each invocation and before
 * the next one, and survives what a checkpoint survives: kill -9 as it is, a loss of power perhaps as an older row.
 *
 * Where several processes share a store, `load` takes the lane over: whoever loaded last owns it, and what a former
 * owner saves is refused with `STORE_STALE`. A process that was paused while its partition went to another one cannot
 * write over what that one has done.
 */
export interface OpenWindow {
  /** Epoch ms; the window is [start, end). */
  readonly start: number;
  readonly end: number;
  /** JSON that the function answered last; `{}` before its first answer. */
  readonly state: string;
}

export interface WindowState {
  /** Next offset to read. */
  readonly next: bigint;
  /** Null: no window has begun there. */
  readonly window: OpenWindow | null;
}

export interface WindowStates {
  /** Undefined when the group has never finished anything there. */
  load(group: string, partition: number): Promise<WindowState | undefined>;
  /** Rejects with a `MillraceError` when it cannot be written; then the former row stands. */
  save(group: string, partition: number, state: WindowState): Promise<void>;
  close(): Promise<void>;
}
