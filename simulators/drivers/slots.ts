/** The devices of a slice, spread over connections. */
import type { Action, PlannedDevice } from '../plan/action.js';
import type { Channel } from './channel.js';
import type { DriveOptions } from './driver.js';

/** A device and how far its plan has come. Only the next action exists: the rest is made when its turn comes. */
export class Cursor {
  readonly device: PlannedDevice;
  readonly slot: Slot;
  next: Action | undefined;
  readonly #actions: Generator<Action, void>;

  constructor(device: PlannedDevice, slot: Slot) {
    this.device = device;
    this.slot = slot;
    this.#actions = device.actions();
    this.next = this.#actions.next().value ?? undefined;
  }

  advance(): void {
    this.next = this.#actions.next().value ?? undefined;
  }
}

/** A connection and what is driven over it. */
export interface Slot {
  /** Index of its one device, or number of the connection when devices share them. */
  readonly number: number;
  readonly cursors: Cursor[];
  channel: Channel;
  /** Was offered something that is not flushed yet. */
  isTouched: boolean;
}

export interface Slots {
  readonly slots: readonly Slot[];
  readonly cursors: readonly Cursor[];
}

/** @param channelOf makes the connection with this number */
export function slotsOf(
  { plan, slice, connections }: Pick<DriveOptions, 'plan' | 'slice' | 'connections'>,
  channelOf: (slot: Slot) => Channel,
): Slots {
  const slots: Slot[] = [];
  const add = (number: number): Slot => {
    const slot = { number, cursors: [], isTouched: false } as unknown as Slot;
    slot.channel = channelOf(slot);
    slots.push(slot);
    return slot;
  };
  const shared = connections === null ? 0 : connectionsOf(connections, slice);
  for (let i = 0; i < shared; i++) add(slice.part + i * slice.of);
  const cursors: Cursor[] = [];
  for (const device of plan.devices) {
    if (device.index % slice.of !== slice.part) continue;
    const slot = connections === null ? add(device.index) : slots[cursors.length % shared]!;
    const cursor = new Cursor(device, slot);
    slot.cursors.push(cursor);
    cursors.push(cursor);
  }
  return { slots, cursors };
}

/** How many of the shared connections are this slice's; each slice has at least one. */
function connectionsOf(all: number, { part, of }: DriveOptions['slice']): number {
  return Math.max(1, Math.ceil((all - part) / of));
}
