/**
 * What stays strange counts for less than what has just become so: the beginning of a fault stands out, one fault is not
 * many alarms, and what lasts is still above what is ordinary.
 */
const ATTENUATED = 0.3;
/** By reading: the peak is half after 69 readings, the load after 34. */
const PEAK_KEPT = 0.99;
const LOAD_KEPT = 0.98;
/** Rarities above it are a load; with so much of it a rarity counts half, and never less than the least. */
const LOADS = 3;
const HALF_LOAD = 60;
const LEAST = 0.4;

export class Alarm {
  /** The highest rarity of late, and the sum of high ones, both fading. */
  readonly cells = new Float64Array(2);

  next(rarity: number): number {
    const [peak, load] = this.cells as unknown as [number, number];
    this.cells[0] = Math.max(peak * PEAK_KEPT, rarity);
    this.cells[1] = load * LOAD_KEPT + Math.max(0, rarity - LOADS);
    const fresh = rarity * (1 - ATTENUATED) + ATTENUATED * Math.max(0, rarity - peak);
    return fresh * Math.max(LEAST, HALF_LOAD / (HALF_LOAD + load));
  }
}
