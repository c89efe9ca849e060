/** What must come out, what came out, and the difference. All of it is data, so that it can be kept and shown. */

export interface WindowFigures {
  readonly count: number;
  readonly sum: number;
  readonly min: number;
  readonly max: number;
  readonly first: number;
  readonly last: number;
}

/** Windows are keyed `deviceId metric startMs`, rollups `deviceId metric period startMs`. */
export interface Expectation {
  readonly published: number;
  /** Reports that must have been stored: acknowledged ones, each once however often it was sent. */
  readonly mustBeStored: number;
  readonly valid: number;
  readonly quarantined: Readonly<Record<string, number>>;
  readonly duplicates: number;
  readonly late: number;
  readonly windows: ReadonlyMap<string, WindowFigures>;
  readonly rollups: ReadonlyMap<string, Omit<WindowFigures, 'first' | 'last'>>;
  readonly alerts: readonly ExpectedAlert[];
  /** Reports whose place (in a window, or late) depends on when a tick came: they must be in one of both. */
  readonly uncertain: readonly ReportName[];
}

export interface ExpectedAlert {
  readonly rule: string;
  readonly deviceId: string;
  /** Report that makes it fire. */
  readonly cause: ReportName;
  readonly startsAt: number;
  /** Null: still firing at the end. */
  readonly endsAt: number | null;
  /** Scheduled sending of the cause, epoch ms: alert latency counts from there. */
  readonly due: number;
}

export interface ReportName {
  readonly deviceId: string;
  readonly number: number;
  readonly seq: number | null;
  readonly eventTime: number;
}

export type FindingKind = 'lost' | 'duplicate' | 'wrong' | 'late' | 'unexpected';

/** One thing that is not as it must be. */
export interface Finding {
  readonly kind: FindingKind;
  /** Where it was looked for. */
  readonly where:
    | 'acknowledgement'
    | 'transport'
    | 'quarantine'
    | 'window'
    | 'rollup'
    | 'alert'
    | 'books'
    | 'latest';
  /** One sentence with the exact event, window or alert. */
  readonly what: string;
  readonly expected?: unknown;
  readonly actual?: unknown;
}

export interface FindingSummary {
  readonly kind: FindingKind;
  readonly where: Finding['where'];
  readonly count: number;
  /** The first ones. */
  readonly examples: readonly Finding[];
}

export interface Verdict {
  readonly ok: boolean;
  readonly findings: readonly FindingSummary[];
  /** What was not looked at, and why (e.g. no query API at this backend). */
  readonly notChecked: readonly string[];
  readonly thresholds: readonly {
    readonly metric: string;
    readonly expression: string;
    readonly value: number | null;
    readonly ok: boolean;
  }[];
}
