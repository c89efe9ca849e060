/**
 * Slows publishers when the functions cannot keep up, by holding back acknowledgements of records that are already
 * durable. MQTT clients have a bounded number of messages in flight, so a held PUBACK is a slower publisher; the
 * backlog, and with it the age of an alert, stays bounded however much is thrown at the gateway.
 *
 * Rules: nothing is held while the functions are less than `maxLagMs` behind. Beyond it, acknowledgements are
 * released at a little less than the rate at which the slowest function finishes records, so that it catches up.
 * A function that makes no progress (failing, switched off) holds nobody: the log is there to absorb that.
 */
import type { AppendCallback } from '../streams/stream.js';

/** One consumer of the stream, summed over its partitions. */
export interface Progress {
  readonly name: string;
  /** Records finished since ever, or since any moment. */
  readonly finished: bigint;
  /** Records in the stream since the same moment; null where nobody counts them: then `ageMs` tells the lag. */
  readonly stored: bigint | null;
  /** Age of the oldest record that is being worked on, ms; 0 when nothing is left. Not looked at where `stored` is known. */
  readonly ageMs?: number;
  /** ms the consumer lets records wait on purpose (its batch window). */
  readonly windowMs: number;
}

export interface Pacer {
  /** Wraps an append callback so that its success may be delivered later. Errors are never held. */
  pace(done: AppendCallback): AppendCallback;
  /** Called every `SAMPLE_MS` with the state of each consumer that is able to make progress. */
  sample(now: number, consumers: readonly Progress[]): void;
  readonly held: number;
  /** Lets go of everything held, and holds nothing from now on. */
  release(): void;
}

export const SAMPLE_MS = 20;
/** Share of the slowest consumer's rate at which publishers may go on while it catches up. */
const SHARE = 0.8;
/** Without any progress for this long (ms), a consumer no longer holds publishers. */
const PATIENCE_MS = 1_000;

export function createPacer(maxLagMs: number): Pacer {
  const held: AppendCallback[] = [];
  let head = 0;
  let holding = false;
  let released = false;
  const meters = new Map<string, LagMeter>();

  const drain = (count: number) => {
    const end = Math.min(held.length, head + count);
    while (head < end) held[head++]!(null);
    if (head === held.length) {
      held.length = 0;
      head = 0;
    } else if (head > 4_096 && head * 2 > held.length) {
      held.splice(0, head);
      head = 0;
    }
  };

  return {
    pace(done) {
      return (error) => {
        if (error !== null || !holding) done(error);
        else held.push(done);
      };
    },
    sample(now, consumers) {
      let slowest = Number.POSITIVE_INFINITY;
      for (const consumer of consumers) {
        const meter = meters.get(consumer.name) ?? createLagMeter();
        meters.set(consumer.name, meter);
        const { lagMs, progressed, idleMs } = meter(now, consumer);
        if (lagMs > maxLagMs + consumer.windowMs && idleMs < PATIENCE_MS)
          slowest = Math.min(slowest, progressed);
      }
      holding = slowest !== Number.POSITIVE_INFINITY && !released;
      drain(holding ? Math.ceil(slowest * SHARE) : Number.POSITIVE_INFINITY);
    },
    get held() {
      return held.length - head;
    },
    release() {
      released = true;
      holding = false;
      drain(Number.POSITIVE_INFINITY);
    },
  };
}

type LagMeter = (now: number, progress: Progress) => { lagMs: number; progressed: number; idleMs: number };

/** Derives a lag in time from counts: how long ago the stream had no more records than are finished now. */
function createLagMeter(): LagMeter {
  const samples: { time: number; stored: bigint }[] = [];
  let lastFinished: bigint | undefined;
  let lastProgress = 0;
  return (now, { finished, stored, ageMs = 0 }) => {
    const isDone = stored === null ? ageMs === 0 : stored <= finished;
    const progressed = lastFinished === undefined ? 0 : Number(finished - lastFinished);
    if (progressed > 0 || isDone || lastFinished === undefined) lastProgress = now;
    lastFinished = finished;
    const idleMs = now - lastProgress;
    if (stored === null) return { lagMs: ageMs, progressed, idleMs };
    samples.push({ time: now, stored });
    while (samples.length > 1 && samples[1]!.stored <= finished) samples.shift();
    if (samples.length > 512) samples.splice(1, 1);
    return { lagMs: isDone ? 0 : now - samples[0]!.time, progressed, idleMs };
  };
}
