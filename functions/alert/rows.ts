/** Rows of the alert store, and what they are in memory. */
import { MillraceError } from '../../common/errors.js';
import type { Alert, AlertStateRow, DeviceMemory } from '../../stores/alerts.js';
import { INACTIVE, type Machine } from './machine.js';
import type { Remembered } from './remembered.js';

/** The row of one rule and device. */
export interface Entry {
  readonly fingerprint: string;
  readonly deviceId: string;
  /** Name of the rule. */
  readonly rule: string;
  machine: Machine;
  /** Offset of the last record that changed it. */
  offset: bigint;
  /** The current instance as last told. */
  alert: Alert | null;
}

const VERSION = 2;

/** What version 1 kept of a machine. */
type Before = Pick<Machine, 'startsAt' | 'activatedAt' | 'lastHeld' | 'ended'> & {
  readonly phase: 'inactive' | 'pending' | 'firing';
};

export function rowOf(entry: Entry, partition: number): AlertStateRow {
  const { fingerprint, deviceId, offset, alert, rule, machine } = entry;
  return {
    fingerprint,
    deviceId,
    partition,
    offset,
    alert,
    state: JSON.stringify({ v: VERSION, rule, machine }),
  };
}

/** Throws `ALERT_STATE_UNKNOWN` when a newer version of Millrace wrote the row. */
export function entryOf({ fingerprint, deviceId, offset, alert, state }: AlertStateRow): Entry {
  const { v, rule, machine } = JSON.parse(state) as { v: number; rule: string; machine: Machine | Before };
  if (v !== 1 && v !== VERSION) {
    throw new MillraceError(`alert state of ${deviceId} has version ${v}`, {
      code: 'ALERT_STATE_UNKNOWN',
      hint: 'It was written by a newer Millrace: start that one.',
    });
  }
  return {
    fingerprint,
    deviceId,
    offset,
    alert,
    rule,
    machine: 'heard' in machine ? machine : upgraded(machine),
  };
}

export function memoryRowOf(deviceId: string, remembered: Remembered, partition: number): DeviceMemory {
  const { due, offset } = remembered;
  return {
    deviceId,
    partition,
    offset,
    due: due === Number.POSITIVE_INFINITY ? null : due,
    state: remembered.encode(),
  };
}

/** Version 1 did not say when it last heard of a device: not before the condition last held. */
function upgraded(before: Before): Machine {
  const { activatedAt, lastHeld } = before;
  const heard = { eventTime: lastHeld, arrivalTime: Math.max(activatedAt, lastHeld) };
  return { ...INACTIVE, ...before, heard };
}
