// Rates from counters that are polled: what the sparklines draw.

/** How far back the sparklines go (ms), and how far at least, while there is little to show. */
const HISTORY_MS = 5 * 60_000;
const SHORT_HISTORY_MS = 60_000;
/** The figure is taken over this long (ms), so that batches do not make it jump. */
const SMOOTHING_MS = 3_000;

/** Remembers samples `{time, ...counters}` (time in epoch ms) and makes rates per second of them. */
export class Rates {
  #samples = [];

  /** A sample that is older or smaller than the last one means another deployment: the history starts anew. */
  add(sample) {
    const last = this.#samples.at(-1);
    if (last !== undefined) {
      if (sample.time === last.time) return;
      const isBehind = Object.entries(last).some(([name, value]) => sample[name] < value);
      if (isBehind) this.#samples = [];
    }
    this.#samples.push(sample);
    const oldest = sample.time - HISTORY_MS;
    while (this.#samples.length > 2 && this.#samples[1].time < oldest) this.#samples.shift();
  }

  /** Current rate per second, or undefined while there is only one sample. */
  rate(name) {
    const samples = this.#samples;
    const last = samples.at(-1);
    if (samples.length < 2) return undefined;
    const since = samples.findLast((sample) => last.time - sample.time >= SMOOTHING_MS) ?? samples[0];
    return perSecond(since, last, name);
  }

  /** How long the sparklines are now (ms). */
  span() {
    const samples = this.#samples;
    const length = samples.length === 0 ? 0 : samples.at(-1).time - samples[0].time;
    return Math.min(HISTORY_MS, Math.max(SHORT_HISTORY_MS, length));
  }

  /** `[{time, value}]`, oldest first: the rate between each two samples. */
  history(name) {
    return this.#samples
      .slice(1)
      .map((sample, index) => ({ time: sample.time, value: perSecond(this.#samples[index], sample, name) }));
  }
}

function perSecond(from, to, name) {
  return ((to[name] - from[name]) / (to.time - from.time)) * 1000;
}
