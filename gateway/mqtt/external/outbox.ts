/**
 * What Millrace publishes through a broker that may be away: alerts, replies, presence.
 *
 * Messages go out in order, so many in flight as the broker allows. What a lost connection leaves unacknowledged goes
 * out again on the next one, before what came later (at least once). Waiting is bounded: a message that has not been
 * sent within `timeoutMs`, or that finds the outbox full, is rejected with an error that can be retried.
 */
import type { Timers } from '../../../common/clock.js';
import { MillraceError } from '../../../common/errors.js';
import type { MqttMessage } from '../../../functions/contract.js';

/** The publishing side of a connection. */
export interface OutgoingChannel {
  /** QoS 1 publishes in flight at most. */
  readonly window: number;
  /** `done` with QoS 1 on PUBACK, with QoS 0 when it is written; never when the connection ends before. */
  publish(message: MqttMessage, done: (error: MillraceError | null) => void): void;
}

export interface OutboxOptions {
  readonly timers: Timers;
  readonly timeoutMs: number;
  readonly maxWaiting: number;
  readonly maxWaitingBytes: number;
}

interface Entry {
  readonly message: MqttMessage;
  readonly deadline: number;
  readonly settle: (error: MillraceError | null) => void;
  isSettled: boolean;
}

export class Outbox {
  readonly #options: OutboxOptions;
  #queue: Entry[] = [];
  readonly #inFlight = new Set<Entry>();
  #bytes = 0;
  #channel: OutgoingChannel | null = null;
  #stopTimer: (() => void) | null = null;
  #reason: MillraceError | null = null;
  #idle: (() => void)[] = [];

  constructor(options: OutboxOptions) {
    this.#options = options;
  }

  /** Messages that are neither acknowledged nor given up. */
  get waiting(): number {
    return this.#queue.length + this.#inFlight.size;
  }

  send(message: MqttMessage): Promise<void> {
    const { maxWaiting, maxWaitingBytes, timers, timeoutMs } = this.#options;
    if (this.waiting >= maxWaiting || this.#bytes + message.payload.length > maxWaitingBytes) {
      return Promise.reject(full(this.waiting, this.#reason));
    }
    return new Promise((resolve, reject) => {
      const entry: Entry = {
        message,
        deadline: timers.now() + timeoutMs,
        isSettled: false,
        settle: (error) => {
          if (entry.isSettled) return;
          entry.isSettled = true;
          this.#bytes -= message.payload.length;
          if (error === null) resolve();
          else reject(error);
        },
      };
      this.#bytes += message.payload.length;
      this.#queue.push(entry);
      this.#flush();
      this.#watch();
    });
  }

  attach(channel: OutgoingChannel): void {
    this.#channel = channel;
    this.#reason = null;
    this.#flush();
  }

  /** The connection is gone, and why. What was in flight comes first again, except what was given up meanwhile. */
  detach(reason: MillraceError): void {
    this.#channel = null;
    this.#reason = reason;
    this.#queue = [...this.#inFlight, ...this.#queue].filter(({ isSettled }) => !isSettled);
    this.#inFlight.clear();
    this.#tellIdle();
  }

  /** Resolves when nothing waits any more. */
  untilIdle(): Promise<void> {
    if (this.waiting === 0) return Promise.resolve();
    return new Promise((resolve) => this.#idle.push(resolve));
  }

  /** Rejects everything that is left. */
  close(): void {
    this.#stopTimer?.();
    this.#stopTimer = null;
    for (const entry of [...this.#inFlight, ...this.#queue]) entry.settle(unsent(this.#reason));
    this.#queue = [];
    this.#inFlight.clear();
    this.#tellIdle();
  }

  #flush(): void {
    const channel = this.#channel;
    while (channel !== null && this.#queue.length > 0 && this.#inFlight.size < channel.window) {
      const entry = this.#queue.shift()!;
      this.#inFlight.add(entry);
      channel.publish(entry.message, (error) => {
        if (channel !== this.#channel) return;
        this.#inFlight.delete(entry);
        entry.settle(error);
        this.#flush();
        this.#tellIdle();
      });
    }
  }

  /** One timer, for the oldest message that nobody has been told of yet. */
  #watch(): void {
    if (this.#stopTimer !== null) return;
    const { timers } = this.#options;
    const oldest = first(this.#inFlight) ?? first(this.#queue);
    if (oldest === undefined) return;
    this.#stopTimer = timers.after(Math.max(1, oldest.deadline - timers.now()), () => {
      this.#stopTimer = null;
      this.#expire(timers.now());
      this.#watch();
    });
  }

  #expire(now: number): void {
    // One that is in flight keeps its place: its packet id is taken until the broker answers or the connection ends.
    for (const entry of this.#inFlight) if (entry.deadline <= now) entry.settle(unsent(this.#reason));
    for (const entry of this.#queue) if (entry.deadline <= now) entry.settle(unsent(this.#reason));
    this.#queue = this.#queue.filter(({ isSettled }) => !isSettled);
    this.#tellIdle();
  }

  #tellIdle(): void {
    if (this.waiting > 0) return;
    for (const resolve of this.#idle.splice(0)) resolve();
  }
}

function first(entries: Iterable<Entry>): Entry | undefined {
  for (const entry of entries) if (!entry.isSettled) return entry;
  return undefined;
}

function unsent(reason: MillraceError | null): MillraceError {
  return new MillraceError(
    `the broker did not acknowledge a message in time${reason === null ? '' : `: ${reason.message}`}`,
    {
      code: 'MQTT_UNSENT',
      canRetry: true,
      hint: reason?.hint ?? 'Is the broker overloaded? See its log.',
      ...(reason === null ? {} : { cause: reason }),
    },
  );
}

function full(waiting: number, reason: MillraceError | null): MillraceError {
  return new MillraceError(`${waiting} messages already wait for the broker`, {
    code: 'MQTT_OUTBOX_FULL',
    canRetry: true,
    hint: reason?.hint ?? 'The broker takes less than Millrace has to tell: see its limits and its log.',
    ...(reason === null ? {} : { cause: reason }),
  });
}
