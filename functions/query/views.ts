/**
 * Rows of the stores as the API shows them: RFC 3339 times, offsets as decimal strings, plain JSON. Pure.
 */
import type { DeviceTagSettings } from '../../common/settings.js';
import { deviceTags } from '../../schemas/device-tags.js';
import type { LateEvent } from '../../stores/aggregation.js';
import type { LatestEvent, Page } from '../../stores/validation.js';
import { rfc3339 } from './timestamps.js';

/** Members of an event that are not metrics. */
const ENVELOPE = new Set(['ts', 'seq', 'deviceId']);

/** Makes the view of devices with the tags that the settings give them. */
export function deviceViews(tags: DeviceTagSettings) {
  const tagsOf = deviceTags(tags);
  return (row: LatestEvent) => deviceView(row, tagsOf);
}

function deviceView(row: LatestEvent, tagsOf: ReturnType<typeof deviceTags>) {
  const event = JSON.parse(row.event) as Record<string, unknown>;
  const { seq } = event;
  return {
    deviceId: row.deviceId,
    deviceType: row.deviceType,
    tags: { ...tagsOf(row.deviceId, event) },
    eventTime: rfc3339(row.eventTime),
    arrivalTime: rfc3339(row.arrivalTime),
    partition: row.partition,
    offset: row.offset.toString(),
    seq: typeof seq === 'number' ? seq : null,
    // fromEntries defines the members, so that a metric called __proto__ is one like any other.
    values: Object.fromEntries(Object.entries(event).filter(([name]) => !ENVELOPE.has(name))),
  };
}

export function lateView(row: LateEvent) {
  return {
    id: row.id,
    deviceId: row.deviceId,
    partition: row.partition,
    offset: row.offset.toString(),
    eventTime: rfc3339(row.eventTime),
    arrivalTime: rfc3339(row.arrivalTime),
    windowStart: rfc3339(row.windowStart),
    definitions: row.definitions,
    payload: row.payload,
  };
}

export function pageView<T>(page: Page<T>, view: (row: T) => unknown) {
  return { items: page.items.map(view), next: page.next };
}
