/** `settings:` of an aggregations file: clocks, event ids and the calendar of all definitions. */
import { type AggregateSettings, tumblingPerDevice } from '../../../common/aggregations.js';
import { suggestion } from '../../../common/problems.js';
import type { Reader } from './reader.js';

export type CommonSettings = Omit<AggregateSettings, 'definitions'>;

const KEYS = ['maxAhead', 'maxBehind', 'eventId', 'timeZone', 'weekStartsOn'];
const WEEK_STARTS = ['monday', 'sunday'] as const;

/** What holds where no file has settings: windows of 10 s per device, open for another minute. */
export const DEFAULTS: AggregateSettings = tumblingPerDevice(10_000, 60_000);

/** What cannot be read is reported, and as if it were not there. */
export function readSettings(settings: Reader): CommonSettings {
  const { definitions: _, ...defaults } = DEFAULTS;
  if (!settings.isMap(`a map of ${KEYS.join(', ')}`, KEYS)) return defaults;
  const eventId = settings.at('eventId');
  return {
    maxAheadMs: settings.at('maxAhead').duration(defaults.maxAheadMs) ?? defaults.maxAheadMs,
    maxBehindMs: settings.at('maxBehind').duration(defaults.maxBehindMs) ?? defaults.maxBehindMs,
    eventId: (eventId.given ? eventId.text() : undefined) ?? defaults.eventId,
    timeZone: timeZoneOf(settings.at('timeZone'), defaults.timeZone),
    weekStartsOn: weekStartOf(settings.at('weekStartsOn'), defaults.weekStartsOn),
  };
}

function timeZoneOf(reader: Reader, fallback: string): string {
  const zone = reader.given ? reader.text() : undefined;
  if (zone === undefined) return fallback;
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
    return zone;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    const zones = Intl.supportedValuesOf('timeZone');
    const near = suggestion(zone, zones);
    reader.refuse(
      `is no time zone: ${near.startsWith('; did') ? zone + near : 'write one such as Europe/Berlin'}`,
    );
    return fallback;
  }
}

function weekStartOf(
  reader: Reader,
  fallback: CommonSettings['weekStartsOn'],
): CommonSettings['weekStartsOn'] {
  const day = WEEK_STARTS.find((start) => start === reader.value);
  if (day === undefined && reader.given) reader.refuse(`must be ${WEEK_STARTS.join(' or ')}`);
  return day ?? fallback;
}
