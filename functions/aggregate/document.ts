/**
 * State documents: all that is kept of a device or group besides its open windows. JSON, with a version; the store looks
 * at none of it.
 *
 *     device   {"v":2,"time":…,"mark":…,"arrival":…,"clock":[ahead,behind,maxAhead,maxBehind],"again":…,
 *               "seq":{…},"ids":[…],"closed":{"<definition>":…},"last":{"<definition>":{…}}}
 *     group    {"v":2,"mark":…,"arrival":…,"closed":{…},"last":{…}}
 *
 * Times are epoch ms. What is as it was at first is left out. `closed` also has definitions that are gone: when one comes
 * back, its windows up to there have rows, and take nothing more. Written by hand, as one is written per device and batch.
 *
 * Version 1 had one definition and no bound for clocks: {v, time, arrival, closed, top, seen}.
 */
import { MillraceError } from '../../common/errors.js';
import type { Progress } from '../../stores/aggregation.js';
import type { Device } from './device.js';
import { EventIds } from './event-ids.js';
import type { Group } from './group.js';
import type { Owner } from './owner.js';
import type { Plan, Plans } from './plan.js';
import { Recent, type RecentDocument } from './recent.js';
import { SeenSequences, type SequenceDocument } from './sequence.js';

const VERSION = 2;

interface OwnerDocument {
  readonly v: 2;
  readonly mark: number;
  readonly arrival: number;
  readonly closed?: Readonly<Record<string, number>>;
  readonly last?: Readonly<Record<string, RecentDocument>>;
}

export interface DeviceDocument extends OwnerDocument {
  readonly time: number;
  readonly clock?: readonly [number, number, number, number];
  readonly again?: number;
  readonly seq?: SequenceDocument;
  readonly ids?: readonly number[];
}

export interface FirstDocument {
  readonly v: 1;
  readonly time: number | null;
  readonly arrival: number | null;
  readonly closed: number | null;
  readonly top: number;
  readonly seen: readonly number[];
}

export function encodeDevice(device: Device): string {
  const { latest, ahead, behind, maxAheadMs, maxBehindMs, duplicates, sequences, ids } = device;
  let text = `{"v":${VERSION},"time":${latest},${ownerText(device)}`;
  if (maxAheadMs > 0 || maxBehindMs > 0) text += `,"clock":[${ahead},${behind},${maxAheadMs},${maxBehindMs}]`;
  if (duplicates > 0) text += `,"again":${duplicates}`;
  if (sequences !== null) text += `,"seq":${sequences.encode()}`;
  if (ids !== null) text += `,"ids":[${ids.encode().join(',')}]`;
  return `${text}}`;
}

export function encodeGroup(group: Group): string {
  return `{"v":${VERSION},${ownerText(group)}}`;
}

export function decodeDevice(device: Device, text: string, plans: Plans): Device {
  const document = parse(text, device.key) as DeviceDocument | FirstDocument;
  if (document.v === 1) return decodeFirst(device, document, plans);
  decodeOwner(device, document, plans.ofDevices);
  device.latest = document.time;
  [device.ahead, device.behind, device.maxAheadMs, device.maxBehindMs] = document.clock ?? [0, 0, 0, 0];
  device.duplicates = document.again ?? 0;
  if (document.seq !== undefined) device.sequences = SeenSequences.decode(document.seq);
  if (document.ids !== undefined) device.ids = EventIds.decode(document.ids);
  return device;
}

export function decodeGroup(group: Group, text: string, plan: Plan): Group {
  decodeOwner(group, parse(text, group.key) as OwnerDocument, [plan]);
  return group;
}

/** A document of a version that this Millrace reads. Throws `STATE_UNKNOWN`. @param whose for the error */
export function parse(text: string, whose: string): DeviceDocument | OwnerDocument | FirstDocument {
  const document = JSON.parse(text) as DeviceDocument | FirstDocument;
  if (document.v === 1 || document.v === VERSION) return document;
  throw new MillraceError(`the aggregation state of ${whose} has version ${(document as { v: unknown }).v}`, {
    code: 'STATE_UNKNOWN',
    hint: `This Millrace knows versions 1 to ${VERSION}: start the one that wrote the data directory.`,
  });
}

/** A group's document after one of its windows has closed, where there is no definition any more to decode it by. */
export function closedIn({ scope, key, state }: Progress, end: number): string {
  const document = parse(state, key) as OwnerDocument;
  const before = document.closed?.[scope] ?? Number.NEGATIVE_INFINITY;
  return JSON.stringify({ ...document, closed: { ...document.closed, [scope]: Math.max(before, end) } });
}

function ownerText(owner: Owner): string {
  let text = `"mark":${owner.watermark},"arrival":${owner.arrival}`;
  let closed: Record<string, number> | undefined =
    owner.departed === null ? undefined : { ...owner.departed };
  let last: Record<string, RecentDocument> | undefined;
  for (let { series } = owner; series !== null; series = series.next) {
    const { plan, closedUpTo, recent } = series;
    if (closedUpTo !== Number.NEGATIVE_INFINITY) {
      closed ??= {};
      closed[plan.name] = closedUpTo;
    }
    if (recent !== null) {
      last ??= {};
      last[plan.name] = recent.encode();
    }
  }
  if (closed !== undefined) text += `,"closed":${JSON.stringify(closed)}`;
  if (last !== undefined) text += `,"last":${JSON.stringify(last)}`;
  return text;
}

function decodeOwner(
  owner: Owner,
  { mark, arrival, closed, last }: OwnerDocument,
  plans: readonly Plan[],
): void {
  owner.watermark = mark;
  owner.arrival = arrival;
  for (const name in closed) {
    if (!plans.some((plan) => plan.name === name)) owner.depart(name, closed[name]!);
  }
  for (const plan of plans) {
    const closedUpTo = closed?.[plan.name];
    if (closedUpTo !== undefined) owner.seriesOf(plan).closedUpTo = closedUpTo;
    const recent = last?.[plan.name];
    if (recent === undefined || plan.definition.window.type !== 'last') continue;
    const series = owner.seriesOf(plan);
    series.recent = Recent.decode(series, recent);
  }
}

function decodeFirst(
  device: Device,
  { time, arrival, closed, top, seen }: FirstDocument,
  plans: Plans,
): Device {
  device.latest = time ?? Number.NEGATIVE_INFINITY;
  device.watermark = device.latest;
  device.arrival = arrival ?? 0;
  device.sequences = SeenSequences.decodeFirst(top, seen);
  if (closed !== null) {
    for (const plan of plans.ofDevices) device.seriesOf(plan).closedUpTo = closed;
  }
  return device;
}
