/**
 * How far a lane is, in memory and on disk: its next offset and, with tumbling windows, the window that is open. Both
 * move together and only when the records before them are finished; they are saved before anything else is fetched.
 */
import { messageOf } from '../../common/errors.js';
import type { OpenWindow } from '../../stores/window-states.js';
import type { LaneContext } from './lane-context.js';
import { savedPosition } from './lanes.js';
import { backoff } from './progress.js';
import { isWorthLogging } from './repeated.js';
import type { Waiting } from './waiting.js';

export class Position {
  /** Why it cannot be saved, or null. */
  failing: string | null = null;
  readonly #context: LaneContext;
  readonly #waiting: Waiting;
  #next: bigint;
  #window: OpenWindow | null = null;
  /** Where AT_TIMESTAMP is, and the row of a tumbling lane, have to be looked up first. */
  #isKnown: boolean;
  /** There is no checkpoint yet. */
  #isNew: boolean;

  constructor(context: LaneContext, waiting: Waiting) {
    const { trigger, functionName, stream, partition, lane, group, checkpoints } = context;
    this.#context = context;
    this.#waiting = waiting;
    const factor = trigger.parallelizationFactor;
    const saved = savedPosition(checkpoints, functionName, stream.name, partition, lane, factor);
    const { start, end } = stream.ends(partition);
    this.#next = saved ?? (trigger.startingPosition === 'LATEST' ? end : start);
    this.#isKnown =
      context.windowStates === undefined &&
      (saved !== undefined || trigger.startingPosition !== 'AT_TIMESTAMP');
    this.#isNew = saved === undefined;
    if (this.#isKnown) checkpoints.save(group, partition, this.#next);
  }

  /** Next offset to finish. */
  get next(): bigint {
    return this.#next;
  }

  /** For certain: what is stored was looked up. */
  get isWithoutWindow(): boolean {
    return this.#isKnown && this.#window === null;
  }

  get window(): OpenWindow | null {
    return this.#window;
  }

  /** Looks up where to begin, once. Rejects when the stream or the window states cannot be read. */
  async begin(): Promise<void> {
    if (this.#isKnown) return;
    const { stream, partition, trigger, windowStates, group, checkpoints } = this.#context;
    const row = await windowStates?.load(group, partition);
    if (row !== undefined) {
      this.#next = row.next;
      this.#window = row.window;
      this.#isKnown = true;
      return;
    }
    if (this.#isNew && trigger.startingPosition === 'AT_TIMESTAMP') {
      const offset = await stream.offsetAt(partition, trigger.startingTimestamp ?? 0);
      await this.advance(offset);
      this.#isKnown = this.#next === offset;
    } else {
      checkpoints.save(group, partition, this.#next);
      this.#isKnown = true;
    }
  }

  /**
   * Everything before `next` is finished. Resolves when that is saved, which is tried until it succeeds; or when the
   * lane is to stop: then it did not happen, and the records come again.
   */
  async advance(next: bigint, window = this.#window): Promise<void> {
    if (next === this.#next && window === this.#window) return;
    const { functionName, partition, log } = this.#context;
    for (let failures = 1; ; failures++) {
      try {
        const saving = this.#save(next, window);
        if (saving !== undefined) await saving;
        this.#next = next;
        this.#window = window;
        this.failing = null;
        return;
      } catch (error) {
        this.failing = messageOf(error);
        if (isWorthLogging(failures)) {
          log.error(
            { functionName, partition, next, err: error },
            'cannot save the checkpoint; trying again',
          );
        }
        if (!(await this.#waiting.sleep(backoff(failures)))) return;
      }
    }
  }

  /** The row of a tumbling lane is the truth: it comes first. Other lanes wait for nothing. */
  #save(next: bigint, window: OpenWindow | null): Promise<void> | undefined {
    const { windowStates, group, partition } = this.#context;
    if (windowStates === undefined) {
      this.#saveCheckpoint(next);
      return undefined;
    }
    return windowStates.save(group, partition, { next, window }).then(() => this.#saveCheckpoint(next));
  }

  #saveCheckpoint(next: bigint): void {
    const { checkpoints, group, partition } = this.#context;
    if (next !== this.#next || !this.#isKnown) checkpoints.save(group, partition, next);
  }
}
