/**
 * Areas that rules ask for with `inside`: polygons of [longitude, latitude], closed by themselves.
 *
 * Ray casting after W. R. Franklin, PNPOLY, on the plane of degrees; points on the border are inside. A polygon with an
 * edge of more than 180 degrees of longitude is taken to cross the antimeridian, where longitudes jump from 180 to -180:
 * western longitudes count on from 180 then. Poles cannot be inside of an area.
 */
export type Position = readonly [longitude: number, latitude: number];

export interface Geofence {
  readonly name: string;
  /** As written. */
  readonly corners: readonly Position[];
  contains(longitude: number, latitude: number): boolean;
}

export const MAX_CORNERS = 1_000;

export function geofence(name: string, corners: readonly Position[]): Geofence {
  const crosses = corners.some(([x], index) => Math.abs(x - corners.at(index - 1)![0]) > 180);
  const eastOf = (longitude: number): number => (crosses && longitude < 0 ? longitude + 360 : longitude);
  const xs = corners.map(([x]) => eastOf(x));
  const ys = corners.map(([, y]) => y);
  const [west, east, south, north] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
  return {
    name,
    corners,
    contains(longitude, latitude) {
      const x = eastOf(longitude);
      if (x < west || x > east || latitude < south || latitude > north) return false;
      return isInside(xs, ys, x, latitude);
    },
  };
}

function isInside(xs: readonly number[], ys: readonly number[], x: number, y: number): boolean {
  let inside = false;
  for (let i = 0, j = xs.length - 1; i < xs.length; j = i++) {
    const ax = xs[j]!;
    const ay = ys[j]!;
    const bx = xs[i]!;
    const by = ys[i]!;
    const cross = (bx - ax) * (y - ay) - (by - ay) * (x - ax);
    const between =
      Math.min(ax, bx) <= x && x <= Math.max(ax, bx) && Math.min(ay, by) <= y && y <= Math.max(ay, by);
    if (cross === 0 && between) return true;
    if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) inside = !inside;
  }
  return inside;
}
