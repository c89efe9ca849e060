/** Axes: from values to places on the page, and the round numbers to write beside them. Pure. */
export interface Scale {
  /** Place of a value, in the units of the drawing. */
  at(value: number): number;
  readonly ticks: readonly number[];
}

/** From 0 to a round number at or above `most`. */
export function linear(most: number, from: number, to: number, wanted = 4): Scale {
  const step = roundStep(Math.max(most, Number.MIN_VALUE) / wanted);
  const end = Math.max(1, Math.ceil(most / step - 1e-9)) * step;
  const ticks = Array.from({ length: Math.round(end / step) + 1 }, (_, index) => index * step);
  return { at: (value) => from + ((to - from) * value) / end, ticks };
}

/** From 0 to exactly `most`: time does not go on after the run. */
export function exact(most: number, from: number, to: number, wanted = 8): Scale {
  const step = roundStep(most / wanted);
  const ticks = Array.from({ length: Math.floor(most / step + 1e-9) + 1 }, (_, index) => index * step);
  return { at: (value) => from + ((to - from) * value) / most, ticks };
}

/** Powers of ten around [least, most], both above 0. */
export function logarithmic(least: number, most: number, from: number, to: number): Scale {
  const low = Math.floor(Math.log10(least) + 1e-9);
  const high = Math.max(low + 1, Math.ceil(Math.log10(most) - 1e-9));
  const ticks = Array.from({ length: high - low + 1 }, (_, index) => Number(`1e${low + index}`));
  const at = (value: number) => from + ((to - from) * (Math.log10(value) - low)) / (high - low);
  return { at: (value) => at(Math.max(value, 10 ** low)), ticks };
}

/** 1, 2 or 5 times a power of ten, at or above. */
function roundStep(step: number): number {
  const power = 10 ** Math.floor(Math.log10(step));
  const factor = [1, 2, 5].find((one) => one * power >= step * (1 - 1e-9)) ?? 10;
  return factor * power;
}
