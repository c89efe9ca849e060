/**
 * Recorded telemetry through one or more sets of rules, on the side: what each would have told. What validation refuses
 * is passed over, as `alert` passes it over.
 */
import { MillraceError } from '../../../common/errors.js';
import type { EventDecoder } from '../../../schemas/decode.js';
import type { TagsOf } from '../outcome.js';
import type { Rule } from '../rules.js';
import { ShadowAlerts } from '../testing/shadow.js';
import { type Episode, EpisodeLog } from './episode.js';

export interface BacktestOptions {
  /** Each is one set of rules. Those about fleets count the devices between `begin` and `end`. */
  readonly rules: readonly (readonly Rule[])[];
  readonly decoder: EventDecoder;
  readonly tagsOf: TagsOf;
  /** Between ticks, ms; null: ticks are recorded as well. */
  readonly tickMs: number | null;
}

export interface BacktestCounts {
  readonly events: number;
  readonly refused: number;
  /** Arrival times, epoch ms; infinite when there is none. */
  readonly first: number;
  readonly last: number;
  /** The earliest event time. */
  readonly firstEvent: number;
  /** How far the clock that runs ahead of all others is ahead of arrivals, ms; of old data sent late far below 0. */
  readonly ahead: number;
  /** Rules that could not be evaluated for some events, and why, by the first. */
  readonly errors: ReadonlyMap<string, { readonly reason: string; readonly count: number }>;
}

export class Backtest {
  readonly #options: BacktestOptions;
  readonly #logs: readonly EpisodeLog[];
  readonly #errors = new Map<string, { reason: string; count: number }>();
  #shadows: readonly ShadowAlerts[] = [];
  #events = 0;
  #refused = 0;
  #first = Number.POSITIVE_INFINITY;
  #last = Number.NEGATIVE_INFINITY;
  #firstEvent = Number.POSITIVE_INFINITY;
  #ahead = Number.NEGATIVE_INFINITY;

  constructor(options: BacktestOptions) {
    this.#options = options;
    this.#logs = options.rules.map(() => new EpisodeLog());
  }

  /** A partition begins, or the only one there is: other devices, and time from its beginning. */
  async begin(): Promise<void> {
    const { rules, tagsOf, tickMs } = this.#options;
    this.#shadows = await Promise.all(
      rules.map((some) =>
        ShadowAlerts.start(some, {
          tagsOf,
          tickMs: tickMs ?? 1_000,
          onRuleError: ({ name, place }, _, error) => this.#failed(`${name} (${place})`, error),
        }),
      ),
    );
  }

  /** In order of arrival. The bytes are not kept. */
  async event(deviceId: string, bytes: Buffer, arrivalTime: number): Promise<void> {
    this.#seen(arrivalTime);
    const { decoder, tickMs } = this.#options;
    const decoded = decoder.decodeBytes(bytes, 0, bytes.length, deviceId, arrivalTime);
    if (!decoded.ok) {
      this.#refused++;
      return;
    }
    this.#events++;
    const { deviceType, body, eventTime } = decoded;
    this.#firstEvent = Math.min(this.#firstEvent, eventTime);
    this.#ahead = Math.max(this.#ahead, eventTime - arrivalTime);
    for (const shadow of this.#shadows) {
      if (tickMs !== null) await shadow.passTo(arrivalTime);
      await shadow.event(deviceId, { deviceType, body, eventTime, arrivalTime });
    }
    this.#take();
  }

  /** A recorded one. */
  async tick(time: number): Promise<void> {
    this.#seen(time);
    for (const shadow of this.#shadows) await shadow.tick(time);
    this.#take();
  }

  /** Nothing comes any more. @param time how long the time of the partition goes on; not used where ticks are recorded */
  async end(time: number): Promise<void> {
    if (this.#options.tickMs !== null) for (const shadow of this.#shadows) await shadow.passTo(time);
    this.#take();
    this.#shadows = [];
  }

  /** By set of rules. */
  get episodes(): readonly (readonly Episode[])[] {
    return this.#logs.map(({ episodes }) => episodes);
  }

  get counts(): BacktestCounts {
    return {
      events: this.#events,
      refused: this.#refused,
      first: this.#first,
      last: this.#last,
      firstEvent: this.#firstEvent,
      ahead: this.#ahead,
      errors: this.#errors,
    };
  }

  #seen(time: number): void {
    this.#first = Math.min(this.#first, time);
    this.#last = Math.max(this.#last, time);
  }

  #take(): void {
    this.#shadows.forEach((shadow, index) => {
      const log = this.#logs[index]!;
      for (const told of shadow.told()) log.add(told);
      if (!log.isFull) return;
      throw new MillraceError(`the rules tell more alerts than can be shown: ${log.episodes.length}`, {
        code: 'BACKTEST_TOO_MANY',
        hint: 'Take a shorter time (--from, --to), or rules that tell less.',
      });
    });
  }

  #failed(rule: string, error: unknown): void {
    const known = this.#errors.get(rule);
    if (known !== undefined) known.count++;
    else this.#errors.set(rule, { reason: error instanceof Error ? error.message : String(error), count: 1 });
  }
}
