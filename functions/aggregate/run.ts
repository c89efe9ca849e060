/** One batch being applied: the counts, and what has changed. */
import type { DecodedEvent } from '../../schemas/decode.js';
import type {
  AggregationCommit,
  AggregationTally,
  LateEvent,
  Progress,
  WindowRow,
} from '../../stores/aggregation.js';
import { type Batch, lastOffset, offsetAt } from '../../streams/batch.js';
import { Changes } from './changes.js';
import { bounded } from './clock.js';
import type { TagsOf } from './core.js';
import type { Device } from './device.js';
import { closedIn } from './document.js';
import { groupKey } from './group.js';
import type { Owner } from './owner.js';
import type { PartitionState } from './partition.js';
import type { Plan } from './plan.js';
import { CORRECTED, type Incoming, LATE } from './shapes/shape.js';

/** Whether an event is late anywhere: for most it is not, and nothing is made for those. */
interface Lateness {
  readonly windowStart: number;
  readonly definitions: string[];
}

export class Run {
  aggregated = 0;
  duplicate = 0;
  refused = 0;
  ticks = 0;
  ahead = 0;
  behind = 0;
  corrections = 0;
  readonly #late: LateEvent[] = [];
  readonly #state: PartitionState;
  readonly #batch: Batch;
  readonly #tagsOf: TagsOf;
  readonly #changes: Changes;
  readonly #incoming: Incoming = { eventTime: 0, body: {}, lateStart: 0 };

  constructor(state: PartitionState, batch: Batch, tagsOf: TagsOf) {
    this.#state = state;
    this.#batch = batch;
    this.#tagsOf = tagsOf;
    this.#changes = new Changes(++state.run);
  }

  event(deviceId: string, event: DecodedEvent, arrivalTime: number, index: number): void {
    const state = this.#state;
    const { plans } = state;
    const { settings } = plans;
    const { eventTime } = event;
    const changes = this.#changes;
    changes.index = index;
    const device = state.devices.get(deviceId)!;
    changes.owner(device);
    if (device.isDuplicate(event, settings.eventId)) {
      this.duplicate++;
      return;
    }
    this.#noteSkew(device, eventTime - arrivalTime);
    if (eventTime > device.latest) device.latest = eventTime;

    const incoming = this.#incoming;
    incoming.eventTime = eventTime;
    incoming.body = event.body;
    const clockTime = bounded(eventTime, arrivalTime, settings.maxAheadMs);
    const { ofDevices, ofGroups } = plans.of(event.deviceType);
    let outcome = 0;
    let lateness: Lateness | null = null;
    for (const plan of ofDevices) {
      const placed = plan.shape.place(device.seriesOf(plan), incoming, changes);
      outcome |= placed;
      if ((placed & LATE) !== 0) lateness = lateIn(lateness, plan, incoming);
    }
    this.#advance(device, clockTime, arrivalTime);
    if (ofGroups.length > 0) {
      const tags = this.#tagsOf(deviceId, event.body);
      for (const plan of ofGroups) {
        const group = state.groups[plan.slot]!.get(groupKey(plan.by!, event.deviceType, tags))!;
        changes.owner(group);
        const placed = plan.shape.place(group.seriesOf(plan), incoming, changes);
        outcome |= placed;
        if ((placed & LATE) !== 0) lateness = lateIn(lateness, plan, incoming);
        this.#advance(group, clockTime, arrivalTime);
      }
    }
    if (lateness === null) this.aggregated++;
    else this.#late.push(lateEvent(this.#batch, index, deviceId, event, arrivalTime, lateness));
    if ((outcome & CORRECTED) !== 0) this.corrections++;
  }

  tick(now: number, index: number): void {
    this.ticks++;
    const changes = this.#changes;
    changes.index = index;
    const { closings } = this.#state;
    for (const owner of closings.take(now)) {
      // Only what has closed is remembered in the state document; the windows' rows say which are complete.
      if (owner.settle(owner.estimate(now), true, changes)) changes.owner(owner);
      closings.list(owner);
    }
  }

  /** What the batch comes to. @param skip its first records that were applied before */
  commit(skip: number): AggregationCommit {
    const state = this.#state;
    const batch = this.#batch;
    const before = state.tally;
    const tally: AggregationTally = {
      partition: batch.partition,
      nextOffset: skip < batch.count ? lastOffset(batch) + 1n : before.nextOffset,
      aggregated: before.aggregated + this.aggregated,
      late: before.late + this.#late.length,
      duplicate: before.duplicate + this.duplicate,
      refused: before.refused + this.refused,
      ticks: before.ticks + this.ticks,
      ahead: before.ahead + this.ahead,
      behind: before.behind + this.behind,
      corrections: before.corrections + this.corrections,
    };
    state.tally = tally;
    const orphans = state.orphans.splice(0);
    for (const row of orphans) this.#depart(row);
    const { progress, windows, removed } = this.#changes.rows(batch);
    for (const row of orphans) windows.push({ ...row, closed: true, revision: Math.max(1, row.revision) });
    progress.push(...departures(state.departed.splice(0), orphans));
    return { tally, from: before.nextOffset, progress, windows, removed, late: this.#late };
  }

  /** Of a device whose definition is gone, or is a group's now: the device remembers that the window has closed. */
  #depart({ definition, key, end }: WindowRow): void {
    const plan = this.#state.plans.named(definition);
    const device = plan?.by === null ? undefined : this.#state.devices.get(key);
    if (device === undefined || device.watermark === Number.NEGATIVE_INFINITY) return;
    device.depart(definition, end);
    this.#changes.owner(device);
  }

  #advance(owner: Owner, clockTime: number, arrivalTime: number): void {
    owner.advance(clockTime, arrivalTime);
    if (owner.nextAt <= owner.watermark) owner.settle(owner.watermark, false, this.#changes);
    this.#state.closings.list(owner);
  }

  /** @param aheadMs how far the event's time is ahead of its arrival */
  #noteSkew(device: Device, aheadMs: number): void {
    const { maxAheadMs, maxBehindMs } = this.#state.plans.settings;
    if (aheadMs > device.maxAheadMs) device.maxAheadMs = aheadMs;
    else if (-aheadMs > device.maxBehindMs) device.maxBehindMs = -aheadMs;
    if (aheadMs > maxAheadMs) {
      device.ahead++;
      this.ahead++;
    } else if (-aheadMs > maxBehindMs) {
      device.behind++;
      this.behind++;
    }
  }
}

/** The state documents of groups whose definition is gone, after these windows of theirs have closed. */
function departures(groups: readonly Progress[], closed: readonly WindowRow[]): Progress[] {
  const ends = new Map<string, number>();
  const nameOf = (definition: string, key: string) => `${definition} ${key}`;
  for (const { definition, key, end } of closed) {
    const name = nameOf(definition, key);
    ends.set(name, Math.max(ends.get(name) ?? end, end));
  }
  return groups.map((group) => {
    const end = ends.get(nameOf(group.scope, group.key))!;
    return { ...group, state: closedIn(group, end) };
  });
}

function lateIn(lateness: Lateness | null, { name }: Plan, { lateStart }: Incoming): Lateness {
  if (lateness === null) return { windowStart: lateStart, definitions: [name] };
  lateness.definitions.push(name);
  return lateness;
}

function lateEvent(
  batch: Batch,
  index: number,
  deviceId: string,
  { eventTime, text }: DecodedEvent,
  arrivalTime: number,
  lateness: Lateness,
): LateEvent {
  const { partition } = batch;
  const offset = offsetAt(batch, index);
  return {
    id: `${partition}-${offset}`,
    partition,
    offset,
    deviceId,
    eventTime,
    arrivalTime,
    ...lateness,
    payload: text,
  };
}
