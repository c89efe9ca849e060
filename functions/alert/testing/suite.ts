/** What a file of rule tests says, once it is read (`read-suite.ts`). Times are epoch ms, durations ms. */
import type { AlertState } from '../../../stores/alerts.js';
import type { EventObject } from '../language/scope.js';

export interface Suite {
  readonly file: string;
  /** As written: relative to the file, `*` and `?` in their last part. */
  readonly ruleFiles: readonly string[];
  readonly evaluationMs: number;
  readonly tests: readonly RuleTest[];
  /** What of the file is passed over, `file:line: reason` each. */
  readonly notes: readonly string[];
}

export interface RuleTest {
  readonly name: string;
  readonly line: number;
  /** Where the test's time begins. */
  readonly start: number;
  /** In order of arrival. */
  readonly events: readonly TestEvent[];
  /** What series say of their devices. */
  readonly devices: ReadonlyMap<string, TestDevice>;
  /** In the order they are written. */
  readonly cases: readonly AlertCase[];
}

export interface TestDevice {
  /** Null: as for any other device. */
  readonly type: string | null;
  readonly tags: Readonly<Record<string, string>>;
}

export interface TestEvent {
  readonly deviceId: string;
  readonly eventTime: number;
  readonly arrivalTime: number;
  readonly body: EventObject;
  /** Where a whole event is written; null: made of series, which are seldom all that a device sends. */
  readonly line: number | null;
}

export interface AlertCase {
  readonly line: number;
  readonly alertname: string;
  /** Since the test's start. */
  readonly at: number;
  /** Alerts in these states are looked at. */
  readonly states: readonly AlertState[];
  readonly expected: readonly ExpectedAlert[];
}

export interface ExpectedAlert {
  readonly state: AlertState;
  /** All of them, without `alertname`. */
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}
