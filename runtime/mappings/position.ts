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
  /** Where AT_TIMESTAMP is has to be looked up first. */
  #isKnown = true;

  constructor(context: LaneContext, waiting: Waiting) {
    const { trigger, functionName, stream, partition, lane, group, checkpoints } = context;
    this.#context = context;
    this.#waiting = waiting;
    const row = context.windowStates?.load(group, partition);
    if (row !== undefined) {
      this.#next = row.next;
      this.#window = row.window;
      return;
    }
    const factor = trigger.parallelizationFactor;
    const saved = savedPosition(checkpoints, functionName, stream.name, partition, lane, factor);
    const { start, end } = stream.ends(partition);
    this.#next = saved ?? (trigger.startingPosition === 'LATEST' ? end : start);
    if (saved === undefined && trigger.startingPosition === 'AT_TIMESTAMP') this.#isKnown = false;
    else checkpoints.save(group, partition, this.#next);
  }

  /** Next offset to finish. */
  get next(): bigint {
    return this.#next;
  }

  get window(): OpenWindow | null {
    return this.#window;
  }

  /** Looks up where to begin, once. Rejects when the stream cannot be read. */
  async begin(): Promise<void> {
    if (this.#isKnown) return;
    const { stream, partition, trigger } = this.#context;
    const offset = await stream.offsetAt(partition, trigger.startingTimestamp ?? 0);
    await this.advance(offset);
    this.#isKnown = this.#next === offset;
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
        this.#save(next, window);
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

  /** The row of a tumbling lane is the truth: it comes first. */
  #save(next: bigint, window: OpenWindow | null): void {
    const { windowStates, checkpoints, group, partition } = this.#context;
    windowStates?.save(group, partition, { next, window });
    if (next !== this.#next || !this.#isKnown) checkpoints.save(group, partition, next);
  }
}
