/** `active: { days: mon-fri, hours: "08:00-18:00", timeZone: Europe/Berlin }` */
import { isMap, isScalar, isSeq, type Node, type YAMLMap } from 'yaml';
import { suggestion } from '../../../../common/problems.js';
import { wallTime } from '../../../../common/wall-time.js';
import type { ActiveHours } from '../rule.js';
import type { RuleSource } from './source.js';

const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];
const EVERY_DAY = [0, 1, 2, 3, 4, 5, 6];
const HOURS = /^([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-4]):([0-5]\d)$/;
const DAY_MINUTES = 1_440;

export function readActive(rule: YAMLMap, source: RuleSource): ActiveHours | null {
  if (!rule.has('active')) return null;
  const map = rule.get('active', true) as Node;
  if (!isMap(map)) {
    source.report(map, 'active must be a map such as { days: mon-fri, hours: "08:00-18:00", timeZone: UTC }');
    return null;
  }
  source.refuseUnknown(map, ['days', 'hours', 'timeZone']);
  if (!map.has('days') && !map.has('hours')) source.report(map, 'active needs days or hours');
  const days = map.has('days') ? readDays(map.get('days', true) as Node, source) : EVERY_DAY;
  const hours = map.has('hours') ? readHours(map, source) : { from: 0, to: DAY_MINUTES };
  const timeZone = map.has('timeZone') ? source.text(map, 'timeZone') : 'UTC';
  if (timeZone !== undefined && !isZone(timeZone)) {
    source.report(map.get('timeZone', true) as Node, `there is no time zone ${timeZone}`);
  }
  return hours === undefined || timeZone === undefined ? null : { days, hours, timeZone };
}

/** `mon-fri`, `mon,wed,fri`, `[sat, sun]`; `fri-mon` goes over Sunday. */
function readDays(node: Node, source: RuleSource): number[] {
  const written = isSeq(node) ? node.items.map(String) : isScalar(node) ? String(node.value).split(',') : [];
  const days = new Set<number>();
  for (const part of written) {
    const ends = part
      .trim()
      .split('-')
      .map((day) => DAYS.indexOf(day.trim().toLowerCase()));
    const [from, to = from] = ends;
    if (ends.length > 2 || ends.includes(-1)) {
      source.report(node, `days: "${part.trim()}" is no day${suggestion(part.trim(), DAYS)}`);
      continue;
    }
    for (let day = from!; ; day = (day + 1) % 7) {
      days.add(day);
      if (day === to) break;
    }
  }
  if (written.length === 0) source.report(node, 'days must be a text such as mon-fri, or a list');
  return [...days].sort();
}

function readHours(map: YAMLMap, source: RuleSource): ActiveHours['hours'] | undefined {
  const node = map.get('hours', true) as Node;
  const [, ...parts] = (isScalar(node) ? HOURS.exec(String(node.value)) : null) ?? [];
  const [fromHour, fromMinute, toHour, toMinute] = parts.map(Number);
  const from = fromHour! * 60 + fromMinute!;
  const to = toHour! * 60 + toMinute!;
  if (parts.length === 0 || to > DAY_MINUTES) {
    source.report(node, 'hours must be a span such as "08:00-18:00", or "22:00-06:00" into the next day');
    return undefined;
  }
  if (from === to) source.report(node, 'hours last no time: the whole day is "00:00-24:00"');
  return { from, to };
}

function isZone(name: string): boolean {
  try {
    wallTime(name).at(0);
    return true;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}
