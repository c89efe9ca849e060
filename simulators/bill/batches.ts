/**
 * How many batches an event source mapping makes of a steady load. Pure.
 *
 * A lane is one of a shard's `parallelizationFactor` parts: one batch in flight at a time. Its cycle is the wait for
 * records (the batch window, which begins when the invocation before has ended, or the poll when that is longer) and
 * then the invocation, during which more records arrive. So with r records/s a cycle of T seconds has r x T records:
 *
 *     |-- window W --|-- invocation D(n) --|-- window W --|-- …          T = W + D(n), n = r T
 *
 * A batch closes earlier when it has `batchSize` records or 6 MB: then T = n / r, or D(n) when the function is slower
 * than its records come (the lane falls behind). Records arrive at random (Poisson), so of short cycles only
 * 1 - exp(-r T) have any record and invoke at all.
 */
export interface Lane {
  /** Records a second. */
  readonly rate: number;
  readonly batchSize: number;
  /** Records that fit into 6 MB. */
  readonly fitting: number;
  /** Seconds. */
  readonly window: number;
  /** Seconds that an invocation with so many records takes. */
  readonly duration: (records: number) => number;
}

export interface Batches {
  readonly perSecond: number;
  /** Records in a batch, on average. */
  readonly records: number;
  /** Of an invocation. */
  readonly seconds: number;
  /** From one invocation to the next possible one. */
  readonly cycleSeconds: number;
  readonly closes: 'window' | 'size' | 'bytes';
  /** Records come faster than they are processed: the lag grows without end. */
  readonly behind: boolean;
  /** From the record's arrival to the end of its invocation; of the first record of a batch, the last it waits for. */
  readonly latency: { readonly mean: number; readonly worst: number };
}

/** The event that Lambda may hand to a function. */
export const PAYLOAD_LIMIT = 6 * 1024 * 1024;

const ROUNDS = 100;

export function batchesOf(lane: Lane): Batches {
  const { rate, window, duration } = lane;
  const most = Math.max(1, Math.min(lane.batchSize, lane.fitting));
  if (rate <= 0) {
    const seconds = duration(1);
    const latency = { mean: window / 2 + seconds, worst: window + seconds };
    return {
      perSecond: 0,
      records: 0,
      seconds,
      cycleSeconds: window,
      closes: 'window',
      behind: false,
      latency,
    };
  }
  let cycle = window;
  for (let round = 0; round < ROUNDS && cycle * rate < most; round++) {
    const next = window + invoking(rate * cycle) * duration(filled(rate * cycle));
    if (Math.abs(next - cycle) < 1e-9) break;
    cycle = next;
  }
  return cycle * rate < most ? byWindow(lane, cycle) : full(lane, most);
}

function byWindow({ rate, window, duration }: Lane, cycleSeconds: number): Batches {
  const expected = rate * cycleSeconds;
  const records = filled(expected);
  const seconds = duration(records);
  return {
    perSecond: invoking(expected) / cycleSeconds,
    records,
    seconds,
    cycleSeconds,
    closes: 'window',
    behind: false,
    latency: { mean: cycleSeconds / 2 + seconds, worst: window + 2 * seconds },
  };
}

function full({ rate, batchSize, duration }: Lane, records: number): Batches {
  const seconds = duration(records);
  const arrival = records / rate;
  const behind = seconds > arrival * (1 + 1e-9);
  const cycleSeconds = Math.max(arrival, seconds);
  const endless = Number.POSITIVE_INFINITY;
  return {
    perSecond: 1 / cycleSeconds,
    records,
    seconds,
    cycleSeconds,
    closes: records < batchSize ? 'bytes' : 'size',
    behind,
    latency: behind
      ? { mean: endless, worst: endless }
      : { mean: arrival / 2 + seconds, worst: arrival + seconds },
  };
}

/** Share of cycles with at least one record. */
function invoking(expected: number): number {
  return -Math.expm1(-expected);
}

/** Records of a batch, given that there is one. */
function filled(expected: number): number {
  return expected === 0 ? 1 : expected / invoking(expected);
}
