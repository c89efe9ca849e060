/**
 * Which device a topic belongs to, and what may be published where.
 *
 * Telemetry topics are patterns like `devices/{deviceId}/telemetry`, where `{deviceId}` stands for exactly one level.
 * Relay topics are plain MQTT filters: handed to subscribers, never stored.
 */
import { MillraceError } from '../common/errors.js';
import { partitionOf } from '../streams/partitioner.js';

export interface TelemetryRoute {
  readonly deviceId: string;
  readonly partition: number;
}

export interface TopicMap {
  /** The route of a telemetry topic, or undefined. */
  route(topic: string): TelemetryRoute | undefined;
  /** Whether clients may publish to the topic without its being telemetry. */
  relayed(topic: string): boolean;
  /** Whether a subscription to the filter can match telemetry topics. */
  watchesTelemetry(filter: string): boolean;
}

/**
 * Device ids are topic levels, MQTT client ids and URL segments: printable, no separators or wildcards. U+FFFD is what
 * bytes that are no UTF-8 have become by now: different devices would be taken for one.
 */
const DEVICE_ID = /^[^\s/+#$\p{Cc}\uFFFD][^/+#\p{Cc}\uFFFD]{0,127}$/u;
/** Routes remembered at the most; beyond it the oldest half is forgotten (they are only a cache). */
const REMEMBERED_ROUTES = 200_000;
const PLACEHOLDER = '{deviceId}';

export function isDeviceId(id: string): boolean {
  return DEVICE_ID.test(id);
}

export function createTopicMap(
  telemetryTopics: readonly string[],
  relayTopics: readonly string[],
  partitions: number,
): TopicMap {
  const patterns = telemetryTopics.map(parsePattern);
  const telemetryFilters = telemetryTopics.map(asFilter);
  const routes = new Map<string, TelemetryRoute>();
  return {
    route(topic) {
      const known = routes.get(topic);
      if (known !== undefined) return known;
      for (const pattern of patterns) {
        const deviceId = pattern(topic);
        if (deviceId === undefined || !isDeviceId(deviceId)) continue;
        const route = { deviceId, partition: partitionOf(deviceId, partitions) };
        if (routes.size >= REMEMBERED_ROUTES) forgetOldestHalf(routes);
        routes.set(topic, route);
        return route;
      }
      return undefined;
    },
    relayed: (topic) => relayTopics.some((filter) => matches(filter, topic)),
    watchesTelemetry: (filter) => telemetryFilters.some((telemetry) => overlap(filter, telemetry)),
  };
}

/** The filter that a pattern's topics match. */
export function asFilter(pattern: string): string {
  return pattern.replace(PLACEHOLDER, '+');
}

/** Takes the device id out of a topic of the pattern; undefined for other topics. The id is not checked. */
export function parsePattern(pattern: string): (topic: string) => string | undefined {
  const levels = pattern.split('/');
  const at = levels.indexOf(PLACEHOLDER);
  if (at < 0) {
    throw new MillraceError(`topic pattern '${pattern}' has no ${PLACEHOLDER} level`, {
      code: 'TOPIC_PATTERN_INVALID',
      hint: `Write it like devices/${PLACEHOLDER}/telemetry.`,
    });
  }
  const before = levels
    .slice(0, at)
    .map((level) => `${level}/`)
    .join('');
  const after = levels
    .slice(at + 1)
    .map((level) => `/${level}`)
    .join('');
  return (topic) => {
    if (!topic.startsWith(before) || !topic.endsWith(after)) return undefined;
    const end = topic.length - after.length;
    if (end <= before.length) return undefined;
    const id = topic.slice(before.length, end);
    return id.includes('/') ? undefined : id;
  };
}

function forgetOldestHalf(routes: Map<string, TelemetryRoute>): void {
  let rest = REMEMBERED_ROUTES / 2;
  for (const topic of routes.keys()) {
    if (rest-- <= 0) return;
    routes.delete(topic);
  }
}

/** MQTT filter against topic (MQTT 3.1.1, 4.7); topics that begin with `$` match no leading wildcard. */
export function matches(filter: string, topic: string): boolean {
  if (topic.startsWith('$') && !filter.startsWith('$')) return false;
  const wanted = filter.split('/');
  const levels = topic.split('/');
  for (const [i, want] of wanted.entries()) {
    if (want === '#') return true;
    if (i >= levels.length) return false;
    if (want !== '+' && want !== levels[i]) return false;
  }
  return wanted.length === levels.length;
}

/** Whether some topic matches both filters. */
export function overlap(a: string, b: string): boolean {
  const left = a.split('/');
  const right = b.split('/');
  for (let i = 0; ; i++) {
    if (left[i] === '#' || right[i] === '#') return true;
    if (left[i] === undefined || right[i] === undefined) {
      return left[i] === right[i] || (left[i] ?? right[i]) === '#';
    }
    if (left[i] !== '+' && right[i] !== '+' && left[i] !== right[i]) return false;
  }
}
