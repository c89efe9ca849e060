/** Of one test: what its devices send. Values of one device at one time are one event. */
import type { PathKeys } from '../../../common/problems.js';
import type { Reader } from '../../aggregate/definitions/reader.js';
import { expandValues, NotationProblem, parseSeries, type SeriesName } from './notation.js';
import { durationOf, forEachOf } from './read-values.js';
import type { RuleTest, TestDevice, TestEvent } from './suite.js';

/** Labels of series that are no tags. */
const DEVICE_ID = 'deviceId';
const DEVICE_TYPE = 'deviceType';

export function readEvents(
  test: Reader,
  start: number,
  intervalMs: number,
  lineOf: (keys: PathKeys) => number,
): Pick<RuleTest, 'events' | 'devices'> {
  const devices = new Map<string, TestDevice>();
  const bodies = new Map<number, Map<string, Record<string, unknown>>>();
  forEachOf(test.at('input_series'), (reader) => {
    if (!reader.isMap('a map with series and values', ['series', 'values'])) return;
    const series = read(reader.at('series'), parseSeries);
    const values = read(reader.at('values'), expandValues);
    if (series === undefined || values === undefined) return;
    const deviceId = deviceOf(reader.at('series'), series, devices);
    if (deviceId === undefined) return;
    values.forEach((value, index) => {
      if (typeof value !== 'number') return;
      if (!Number.isFinite(value)) {
        reader.at('values').refuse(`${value}: events are JSON, which has no such number`);
        return;
      }
      const time = start + index * intervalMs;
      const ofTime = bodies.get(time) ?? new Map<string, Record<string, unknown>>();
      bodies.set(time, ofTime);
      const body = ofTime.get(deviceId) ?? { ts: time };
      ofTime.set(deviceId, body);
      if (Object.hasOwn(body, series.metric)) {
        reader.at('series').refuse(`${deviceId} has another series of ${series.metric}`);
      }
      body[series.metric] = value;
    });
  });
  const events: TestEvent[] = [...bodies].flatMap(([time, ofTime]) =>
    [...ofTime].map(([deviceId, body]) => ({
      deviceId,
      eventTime: time,
      arrivalTime: time,
      body,
      line: null,
    })),
  );
  forEachOf(test.at('events'), (reader, index) => {
    const event = readEvent(reader, start, lineOf(['events', index]));
    if (event !== undefined) events.push(event);
  });
  // Sorting is stable: what arrives at once comes as it is written, series first.
  return { events: events.sort((a, b) => a.arrivalTime - b.arrivalTime), devices };
}

function deviceOf(
  reader: Reader,
  { labels }: SeriesName,
  devices: Map<string, TestDevice>,
): string | undefined {
  const { [DEVICE_ID]: deviceId, [DEVICE_TYPE]: type = null, ...tags } = labels;
  if (deviceId === undefined || deviceId === '') {
    return reader.refuse(`needs the label ${DEVICE_ID}: whose event it is`);
  }
  const known = devices.get(deviceId) ?? { type: null, tags: {} };
  for (const [name, value] of Object.entries(tags)) {
    if ((known.tags[name] ?? value) !== value)
      reader.refuse(`${deviceId} has another ${name} in another series`);
  }
  if (type !== null && known.type !== null && type !== known.type) {
    reader.refuse(`${deviceId} has another ${DEVICE_TYPE} in another series`);
  }
  devices.set(deviceId, { type: type ?? known.type, tags: { ...known.tags, ...tags } });
  return deviceId;
}

function readEvent(reader: Reader, start: number, line: number): TestEvent | undefined {
  if (!reader.isMap('a map with at, deviceId and event', ['at', 'ts', 'deviceId', 'event'])) return undefined;
  const at = durationOf(reader.at('at'), undefined, 0);
  const ts = durationOf(reader.at('ts'), at, 0);
  const deviceId = reader.at('deviceId').text();
  const body = reader.at('event');
  if (!body.isMap('what the device sends, such as { temperature: 21 }')) return undefined;
  if (body.at('ts').given) body.at('ts').refuse('belongs beside event, as time since the start of the test');
  if (deviceId === undefined) return undefined;
  const eventTime = start + ts;
  const event = { ts: eventTime, ...(body.value as object) };
  return { deviceId, eventTime, arrivalTime: start + at, body: event, line };
}

function read<T>(reader: Reader, parse: (text: string) => T): T | undefined {
  // YAML takes a single value for a number.
  const text = typeof reader.value === 'number' ? String(reader.value) : reader.value;
  if (typeof text !== 'string') return reader.refuse(reader.given ? 'must be a text' : 'is missing');
  try {
    return parse(text);
  } catch (error) {
    if (!(error instanceof NotationProblem)) throw error;
    return reader.refuse(error.message);
  }
}
