/** `geofences: { depot: [[4.89, 52.37], [4.91, 52.37], [4.90, 52.39]] }`: for the rules of all files. */
import { isMap, isScalar, isSeq, type Node } from 'yaml';
import { type Geofence, geofence, MAX_CORNERS, type Position } from '../geofence.js';
import type { RuleSource } from './source.js';

/** Adds the file's areas to those of other files. */
export function readGeofences(root: Node | null, source: RuleSource, into: Map<string, Geofence>): void {
  if (!isMap(root) || !root.has('geofences')) return;
  const map = root.get('geofences', true) as Node;
  if (!isMap(map)) {
    source.report(map, 'geofences must be a map of areas, each a list of [longitude, latitude]');
    return;
  }
  for (const { key, value } of map.items) {
    const name = String(key);
    if (into.has(name)) source.report(key as Node, `there is already an area ${name}`);
    const corners = cornersOf(value as Node, name, source);
    if (corners !== undefined) into.set(name, geofence(name, corners));
  }
}

function cornersOf(node: Node, name: string, source: RuleSource): Position[] | undefined {
  const items = isSeq(node) ? node.items : [];
  const corners = items.flatMap((item) => {
    const numbers = isSeq(item) ? item.items.map((one) => (isScalar(one) ? one.value : undefined)) : [];
    const [longitude, latitude] = numbers;
    if (numbers.length === 2 && isWithin(longitude, 180) && isWithin(latitude, 90)) {
      return [[longitude, latitude] as const];
    }
    source.report(item as Node, `${name}: a corner is [longitude, latitude] in degrees`);
    return [];
  });
  if (corners.length < items.length) return undefined;
  if (corners.length >= 3 && corners.length <= MAX_CORNERS) return corners;
  source.report(node, `${name}: an area has 3 to ${MAX_CORNERS} corners, not ${corners.length}`);
  return undefined;
}

function isWithin(value: unknown, limit: number): value is number {
  return typeof value === 'number' && Math.abs(value) <= limit;
}
