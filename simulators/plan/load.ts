/**
 * The load curve: phases as one piecewise linear multiple of the usual reporting rate. Reports come at equal steps of
 * its integral (operational time), so a device's n-th report has one moment, whatever other devices do.
 */
import type { Phase } from '../scenario/scenario.js';

export interface LoadCurve {
  /** Where the last phase ends, ms. */
  readonly duration: number;
  /** The multiple at a moment. */
  at(time: number): number;
  /** Integral of the multiple from 0 to `time`. */
  area(time: number): number;
  /** The moment at which the integral reaches `area`; Infinity when it never does. */
  timeOf(area: number): number;
}

interface Piece {
  readonly begin: number;
  readonly end: number;
  readonly from: number;
  /** Growth of the multiple per ms. */
  readonly slope: number;
  readonly areaBefore: number;
  readonly areaAfter: number;
}

export function loadCurve(phases: readonly Phase[]): LoadCurve {
  const pieces: Piece[] = [];
  let begin = 0;
  let area = 0;
  for (const { duration, from, to } of phases) {
    const areaAfter = area + ((from + to) / 2) * duration;
    const slope = duration === 0 ? 0 : (to - from) / duration;
    pieces.push({ begin, end: begin + duration, from, slope, areaBefore: area, areaAfter });
    begin += duration;
    area = areaAfter;
  }
  const pieceAt = (time: number) => pieces.find(({ end }) => time < end);
  return {
    duration: begin,
    at(time) {
      const piece = pieceAt(time);
      return piece === undefined ? 0 : piece.from + piece.slope * (time - piece.begin);
    },
    area(time) {
      const piece = pieceAt(time);
      if (piece === undefined) return area;
      const since = Math.max(0, time - piece.begin);
      return piece.areaBefore + piece.from * since + (piece.slope * since * since) / 2;
    },
    timeOf(wanted) {
      const piece = pieces.find(({ areaAfter }) => wanted < areaAfter);
      if (piece === undefined) return Number.POSITIVE_INFINITY;
      return piece.begin + sinceBegin(piece, Math.max(0, wanted - piece.areaBefore));
    },
  };
}

/** Solves from x + slope x^2 / 2 = rest for x; the form that loses no digits when the slope is small. */
function sinceBegin({ from, slope }: Piece, rest: number): number {
  if (rest === 0) return 0;
  return (2 * rest) / (from + Math.sqrt(from * from + 2 * slope * rest));
}
