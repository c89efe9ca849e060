/** An alert rule as its file says it, checked and compiled. */
import type { Expression } from './expression.js';

export interface Rule {
  /** Unique among all rules: a part of MQTT topics. */
  readonly name: string;
  /** Name of its group; of a group without one, the file's. */
  readonly group: string;
  /** 8 hex digits of SHA-256 over what decides: everything but annotations. */
  readonly version: string;
  readonly condition: Expression;
  /** Ends an alert (hysteresis): between the two nothing changes. Null: what is not `condition` ends it. */
  readonly clear: Expression | null;
  /** How long the condition must hold before the alert fires (ms); 0: at once. */
  readonly forMs: number;
  /** How long it goes on firing after the condition ceased (ms); 0: not at all. */
  readonly keepFiringMs: number;
  /** After so long without data a pending or firing one is no-data (ms); null: never. */
  readonly noDataMs: number | null;
  /** After so long without data a no-data one is over (ms), as the deployment keeps alerts; left out: never. */
  readonly goneMs?: number;
  /** When the rule applies; null: always. */
  readonly active: ActiveHours | null;
  /** Of rules about groups of devices: `condition` is about `fleet` then. */
  readonly fleet: FleetSpec | null;
  readonly severity: string;
  /** As written, `severity` included. */
  readonly labels: Readonly<Record<string, string>>;
  /** As written, with their placeholders. */
  readonly annotations: Readonly<Record<string, string>>;
  /** Device types for which the condition (of fleet-level rules: `where`) can hold at all; null: any. */
  readonly deviceTypes: readonly string[] | null;
  /** `file:line` */
  readonly place: string;
}

export interface FleetSpec {
  /** Tags (or `type`) that groups are formed by; empty: one group, the fleet. */
  readonly by: readonly string[];
  /** Which devices belong to it; null: all. */
  readonly where: Expression | null;
  /** Which of these are counted as `fleet.matching`. */
  readonly count: Expression;
}

export interface ActiveHours {
  /** Days of the week on which a span of hours begins, 0 = Monday. */
  readonly days: readonly number[];
  /** Minutes of the day on the wall, [from, to); `to` before or at `from`: into the next day. */
  readonly hours: { readonly from: number; readonly to: number };
  /** IANA zone. */
  readonly timeZone: string;
}
