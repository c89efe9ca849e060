/**
 * What the functions leave behind, as text that can be compared: every row as one line of JSON with sorted keys, the
 * lines of a section sorted.
 *
 * Positions are told as the record's place among the fixture's records of its partition: on the embedded log and on Kafka
 * that is the offset itself, on Kinesis what its sequence number stands for. So they are compared on all engines.
 *
 * Left out, because they follow from how the stream was cut into batches:
 * - what `alert` owes the alerts stream (`owed`): the last batch that told something, until the next commit;
 * - numbers of the change feeds and the cursors in them: they count commits;
 * - replies to publishers of refused events: at most a hundred per device and invocation;
 * - offsets on the alerts stream, which partitions of telemetry share: there, order per device and bytes are compared;
 * - when alerts of fleet-level rules began, and what was told on the way: they are decided on the counts of all
 *   partitions as they come in. The counts are compared, and which alerts there are in the end.
 *
 * What is of groups of devices depends on the order between their records: sums are rounded in it, and positions are of
 * whichever record was the last. Such sections are called so (`isOfGroups`).
 */
import type { MqttMessage } from '../../../functions/contract.js';
import { countsId } from '../../../functions/fleet/counts.js';
import { PERIODS } from '../../../stores/rollups.js';
import type { Stores } from '../../../stores/stores.js';
import type { Page, PageRequest } from '../../../stores/validation.js';

export type Remains = Readonly<Record<string, readonly string[]>>;

/** The place of a telemetry record in its partition, by its offset. */
export type NumberOf = (partition: number, offset: bigint) => bigint;

/** A record of the alerts stream. */
export interface AlertRecord {
  readonly key: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly arrivalTime: number;
  readonly value: Uint8Array;
}

export interface Left {
  readonly stores: Stores;
  readonly deviceIds: readonly string[];
  /** Of the telemetry. */
  readonly partitions: number;
  readonly numberOf: NumberOf;
  /** The alerts stream, each partition in order. */
  readonly alerts: readonly AlertRecord[];
  readonly published: readonly MqttMessage[];
}

const ALL_TIME = { from: 0, to: 8.64e15 };
/** All others are of groups. */
const DEVICE_DEFINITIONS: ReadonlySet<string> = new Set(['device', 'spread', 'trips']);
/** More windows than there are. */
const MOST = 1_000_000;

/** Whether the section depends on the order between devices. */
export const isOfGroups = (section: string): boolean => section.includes('of groups');

export async function remainsOf(left: Left): Promise<Remains> {
  const { stores, deviceIds, numberOf, published } = left;
  const { validation, aggregation, rollups } = stores;
  const placed = <T extends { partition: number; offset: bigint }>(row: T) => {
    const number = numberOf(row.partition, row.offset);
    const id = 'id' in row ? { id: `${row.partition}-${number}` } : {};
    if ('id' in row && row.id !== `${row.partition}-${row.offset}`)
      throw new Error(`the id ${row.id} is made up`);
    return { ...row, ...id, offset: number };
  };
  const tally = <T extends { partition: number; nextOffset: bigint }>(row: T) => ({
    ...row,
    nextOffset: numberOf(row.partition, row.nextOffset - 1n) + 1n,
  });
  const tallies = await aggregation.tallies();
  const windows = (await aggregation.windowsSince(0n, MOST)).map(({ change: _, ...row }) => row);
  const series = new Map(windows.map(({ definition, key }) => [`${definition} ${key}`, { definition, key }]));
  // Of devices, and of the groups that there are windows of.
  const scopes = new Map<string, Set<string>>([['', new Set(deviceIds)]]);
  for (const { definition, key } of series.values()) {
    scopes.set(definition, (scopes.get(definition) ?? new Set()).add(key));
  }
  const progress = await Promise.all(
    tallies.flatMap(({ partition }) =>
      [...scopes].map(([scope, keys]) => aggregation.progress(partition, scope, [...keys])),
    ),
  );

  const own = new Set(deviceIds);
  const isOfDevice = (row: { readonly deviceId: string }) => own.has(row.deviceId);
  const byDevice = (row: { readonly definition: string }) => DEVICE_DEFINITIONS.has(row.definition);
  const history = await everything((page) => stores.alerts.alerts({}, page));
  const states = (await stores.alerts.rows('alert', deviceIds)).map(placed);
  const memories = (await stores.alerts.memories('alert', deviceIds)).map(placed);
  const countIds = Array.from({ length: left.partitions }, (_, partition) => countsId(partition));
  const counts = (await stores.alerts.memories('alert', countIds)).map(({ partition, state }) => {
    const { sums } = JSON.parse(state) as { sums: [...unknown[], offset: string, arrivalTime: number][] };
    const numbered = sums.map((sum) =>
      sum.map((value, at) => (at === sum.length - 2 ? numberOf(partition, BigInt(value as string)) : value)),
    );
    return { partition, sums: numbered.map(canonical).sort() };
  });
  const all = onceEach(left.alerts, ({ value }) => documentOf(value).id);
  const told = all.filter(({ value }) => isOfDevice(documentOf(value)));
  const ofDevices = published.filter(
    ({ topic, payload }) => topic.startsWith('alert') && isOfDevice(documentOf(payload)),
  );
  const notified = ofDevices.filter(({ retain }) => !retain);
  const retained = new Map(ofDevices.filter(({ retain }) => retain).map((each) => [each.topic, each]));
  const ofGroups = (isOf: boolean) => windows.filter((row) => byDevice(row) !== isOf).map(placed);
  const stateOf = <T extends { readonly state: string }>(row: T) => ({
    ...row,
    state: JSON.parse(row.state) as unknown,
  });
  const come = progress.flat().map(placed).map(stateOf);
  const sections: Record<string, unknown[]> = {
    windows: ofGroups(false),
    'windows of groups': ofGroups(true),
    late: (await everything((page) => aggregation.late({}, page))).map(placed),
    'states of devices': come.filter(({ scope }) => scope === ''),
    'states of groups': come.filter(({ scope }) => scope !== ''),
    'aggregated, by partition': tallies.map(tally).map(({ corrections: _, ...row }) => row),
    'corrections of devices and of groups': tallies.map(({ partition, corrections }) => ({
      partition,
      corrections,
    })),
    quarantine: (await everything((page) => validation.quarantine(page)))
      .map(placed)
      .map((entry) => ({ ...entry, payload: Buffer.from(entry.payload).toString('hex') })),
    'latest events': (await everything((page) => validation.devices(page))).map(placed),
    'validated, by partition': (await validation.tallies()).map(tally),
    alerts: history.filter(isOfDevice),
    'alert states': states.map(stateOf),
    'what rules remember of devices': memories.map(stateOf),
    'counts of groups': counts,
    'alerts of groups': history
      .filter((alert) => !isOfDevice(alert) && alert.state !== 'resolved')
      .map(({ rule, deviceId, state }) => ({ rule, deviceId, state })),
    'alerts stream': told.map(({ key, headers, arrivalTime, value }) => ({
      key,
      headers,
      arrivalTime,
      value: text(value),
    })),
    'order of alerts, by device': deviceIds.map((id) =>
      told.filter(({ key }) => key === id).map(({ value }) => documentOf(value).id),
    ),
    notifications: onceEach(notified, ({ payload }) => text(payload)).map(message),
    'retained states': [...retained.values()].map(message),
    'alerts told over MQTT': [(await stores.notifications.count()) - (all.length - told.length)],
  };
  for (const period of PERIODS) {
    const rows = [...series.values()].map(async (one) => ({
      one,
      found: await everything((page) => rollups.rollups(one, period, ALL_TIME, page)),
    }));
    for (const { one, found } of await Promise.all(rows)) {
      const section = `rollups of ${byDevice(one) ? '' : 'groups of '}${period}`;
      sections[section] = [...(sections[section] ?? []), ...found];
    }
  }
  return Object.fromEntries(
    Object.entries(sections).map(([name, rows]) => [name, rows.map(canonical).sort()]),
  );
}

/**
 * The first differences of each section, as sentences; none when both are the same byte for byte.
 *
 * @param except sections that are not looked at
 */
export function differences(
  expected: Remains,
  actual: Remains,
  { except = () => false, most = 3 }: { except?: (section: string) => boolean; most?: number } = {},
): string[] {
  return [...new Set([...Object.keys(expected), ...Object.keys(actual)])].flatMap((name) => {
    if (except(name)) return [];
    const [one, other] = [expected[name] ?? [], actual[name] ?? []];
    const missing = without(one, other);
    const surplus = without(other, one);
    if (missing.length === 0 && surplus.length === 0) return [];
    return [
      `${name}: ${missing.length} of ${one.length} missing, ${surplus.length} of ${other.length} too many`,
      ...missing.slice(0, most).map((line) => `  - ${line}`),
      ...surplus.slice(0, most).map((line) => `  + ${line}`),
    ];
  });
}

/** As multisets: a row that is there twice is not the same as one that is there once. */
function without(lines: readonly string[], others: readonly string[]): string[] {
  const counts = new Map<string, number>();
  for (const line of others) counts.set(line, (counts.get(line) ?? 0) + 1);
  return lines.filter((line) => {
    const left = counts.get(line) ?? 0;
    counts.set(line, left - 1);
    return left <= 0;
  });
}

async function everything<T>(read: (page: PageRequest) => Promise<Page<T>>): Promise<T[]> {
  const items: T[] = [];
  let cursor: string | null = null;
  do {
    const page: Page<T> = await read({ limit: 1_000, cursor });
    items.push(...page.items);
    cursor = page.next;
  } while (cursor !== null);
  return items;
}

/** What is told again after a crash is the same document: the first of each id. */
function onceEach<T>(records: readonly T[], idOf: (record: T) => string): T[] {
  const first = new Map<string, T>();
  for (const record of records) if (!first.has(idOf(record))) first.set(idOf(record), record);
  return [...first.values()];
}

function message({ topic, payload, qos, retain }: MqttMessage) {
  return { topic, payload: text(payload), qos, retain };
}

function documentOf(bytes: Uint8Array): { readonly id: string; readonly deviceId: string } {
  return JSON.parse(text(bytes)) as { readonly id: string; readonly deviceId: string };
}

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('utf8');
}

/** JSON with sorted keys; a negative zero is one, an offset a bare number. */
function canonical(value: unknown): string {
  if (typeof value === 'bigint') return value.toString();
  if (Object.is(value, -0)) return '-0';
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'undefined';
  const fields = Object.entries(value).filter(([, field]) => field !== undefined);
  fields.sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${fields.map(([name, field]) => `${JSON.stringify(name)}:${canonical(field)}`).join(',')}}`;
}
