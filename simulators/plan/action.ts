/** What a device does, one after the other: the scenario turned into bytes and moments. Pure data. */
import type { RefusalCode } from '../../schemas/decode.js';

/** A report as the oracle has to know it. */
export interface Report {
  /** Number of the report of this device, from 0: what names it in messages and verdicts. */
  readonly number: number;
  readonly seq: number | null;
  /** What the device says, epoch ms. */
  readonly eventTime: number;
  readonly type: string;
  /** What the payload carries, `ts` and `seq` aside; null when it cannot be read. */
  readonly values: Readonly<Record<string, number | string | boolean>> | null;
  /** What the backend has to make of it. */
  readonly verdict: 'valid' | RefusalCode;
}

export interface Publish {
  readonly kind: 'publish';
  /** Scenario time at which it is due, ms; never less than that of the action before. */
  readonly at: number;
  readonly topic: string;
  readonly qos: 0 | 1 | 2;
  readonly payload: Buffer;
  readonly report: Report;
  /** The same bytes went out before. */
  readonly isCopy: boolean;
}

export interface Connect {
  readonly kind: 'connect';
  readonly at: number;
}

/** `drop`: the socket just closes, and the last will is the broker's business. */
export interface Disconnect {
  readonly kind: 'disconnect';
  readonly at: number;
  readonly how: 'clean' | 'drop';
}

export type Action = Publish | Connect | Disconnect;

export interface PlannedDevice {
  /** Over all fleets, from 0. */
  readonly index: number;
  readonly deviceId: string;
  readonly fleet: string;
  /** In order of `at`; begins with a connect. A new generator gives the same again, to the byte. */
  actions(): Generator<Action, void>;
}

/** Reports that were never sent because of the scenario (lost in the device's network, device off) do not appear. */
export interface Plan {
  /** Epoch ms of scenario time 0. */
  readonly start: number;
  readonly duration: number;
  readonly speed: number;
  readonly devices: readonly PlannedDevice[];
}
