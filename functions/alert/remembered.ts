/**
 * What is kept of a device whose rules look back: the states of their features, the device's clock, its last event, and
 * when time alone may change a verdict. Written once per batch in which the device sent something.
 */
import { MillraceError } from '../../common/errors.js';
import type { DeviceMemory } from '../../stores/alerts.js';
import type { Sample } from './language/feature.js';
import { Memory, type MemoryPlan } from './language/memory.js';
import type { EventObject } from './language/scope.js';
import type { Moment } from './machine.js';

const VERSION = 1;

interface Document {
  readonly v: number;
  readonly type: string;
  readonly latest: readonly [eventTime: number, arrivalTime: number];
  readonly heard: number;
  readonly event: EventObject;
  readonly notes: Readonly<Record<string, unknown>>;
  readonly memory: unknown;
}

export class Remembered {
  readonly memory: Memory;
  /** Device type by its last event. */
  type = '';
  /** Latest event time, and when that event arrived: what the device's clock goes on from. */
  latest: Moment = { eventTime: Number.NEGATIVE_INFINITY, arrivalTime: 0 };
  /** Arrival time of the last event of all. */
  heard = 0;
  /** The event of the latest event time. */
  event: EventObject = {};
  /** Arrival time of the tick that has to look at the device; Infinity: none has to. */
  due = Number.POSITIVE_INFINITY;
  /** Offset of the last record applied. */
  offset = 0n;
  /** Plain JSON that others keep with the device, by a name of their own. */
  notes: Record<string, unknown> = {};

  constructor(memory: Memory) {
    this.memory = memory;
  }

  observe(sample: Sample): void {
    const { event, eventTime, arrivalTime, device } = sample;
    this.memory.observe(sample);
    this.type = device.type;
    this.heard = arrivalTime;
    if (eventTime >= this.latest.eventTime) {
      this.latest = { eventTime, arrivalTime };
      this.event = event;
    }
    this.plan(this.latest.eventTime);
  }

  /** The device's clock at an arrival time: its latest event time, and what has passed since that event arrived. */
  clockAt(time: number): number {
    const { eventTime, arrivalTime } = this.latest;
    return eventTime + Math.max(0, time - arrivalTime);
  }

  /** Says when to look at it again. @param at the device's clock now */
  plan(at: number): void {
    const { eventTime, arrivalTime } = this.latest;
    this.due = Math.ceil(this.memory.nextChange(at) - eventTime + arrivalTime);
  }

  encode(): string {
    const { type, latest, heard, event, notes } = this;
    const own = { v: VERSION, type, latest: [latest.eventTime, latest.arrivalTime], heard, event, notes };
    return `${JSON.stringify(own).slice(0, -1)},"memory":${this.memory.encode()}}`;
  }

  /** Throws `ALERT_MEMORY_UNKNOWN` when a newer version of Millrace wrote the document. */
  static decode({ deviceId, state, due, offset }: DeviceMemory, plan: MemoryPlan): Remembered {
    const document = JSON.parse(state) as Document;
    if (document.v !== VERSION) {
      throw new MillraceError(`what is remembered of ${deviceId} has version ${document.v}`, {
        code: 'ALERT_MEMORY_UNKNOWN',
        hint: 'It was written by a newer Millrace: start that one.',
      });
    }
    const remembered = new Remembered(Memory.decode(plan, JSON.stringify(document.memory)));
    const [eventTime, arrivalTime] = document.latest;
    remembered.type = document.type;
    remembered.latest = { eventTime, arrivalTime };
    remembered.heard = document.heard;
    remembered.event = document.event;
    remembered.notes = { ...document.notes };
    remembered.due = due ?? Number.POSITIVE_INFINITY;
    remembered.offset = offset;
    return remembered;
  }
}
