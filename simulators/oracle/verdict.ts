/** What must come out, what came out, and the difference. All of it is data, so that it can be kept and shown. */
import type { Books, Figures, WindowFigures } from '../api.js';

export type { WindowFigures };

/** What the books count. */
export type Book = 'stored' | 'valid' | 'quarantined' | 'aggregated' | 'duplicates' | 'late';

/** Windows are keyed `deviceId metric start`, rollups `deviceId metric period start`; starts in epoch ms. */
export interface Expectation {
  /** Reports that are stored for certain, every copy counted. */
  readonly stored: number;
  readonly valid: number;
  /** By refusal code. */
  readonly quarantined: Readonly<Record<string, number>>;
  readonly aggregated: number;
  readonly duplicates: number;
  readonly late: number;
  /** So many more there may be: sent without a promise, not acknowledged, sent again, or depending on a tick. */
  readonly maybe: Readonly<Record<Book, number>>;
  /** Windows and rollups of the devices looked at. */
  readonly windows: ReadonlyMap<string, WindowFigures>;
  /** So many events more may be in a window: its figures are then only bounded. */
  readonly maybeInWindow: ReadonlyMap<string, number>;
  /** Only those about which nothing is uncertain. */
  readonly rollups: ReadonlyMap<string, RollupFigures>;
  readonly alerts: readonly ExpectedAlert[];
  /** What may have been told besides: `deviceId rule startsAt state endsAt`. */
  readonly possibleAlerts: ReadonlySet<string>;
  /** `deviceId rule` of alerts of which, from some moment on, nothing can be foretold. */
  readonly uncertainAlerts: ReadonlySet<string>;
  /** Stored events that are in their window or late, but never both nor neither. */
  readonly uncertain: readonly UncertainReport[];
  readonly lateReports: readonly ReportName[];
  /** May be among the late ones. */
  readonly maybeLate: readonly ReportName[];
  readonly quarantinedReports: readonly RefusedReport[];
  readonly maybeQuarantined: readonly RefusedReport[];
  /** Sent with a promise asked for, which never came: how many, and the first ones. */
  readonly unacknowledged: { readonly count: number; readonly examples: readonly ReportName[] };
}

export interface UncertainReport extends ReportName {
  /** Its numbers. */
  readonly values: Readonly<Record<string, number>>;
  readonly windowStart: number;
}

export interface RefusedReport extends ReportName {
  readonly code: string;
}

export type RollupFigures = Figures;

export interface ExpectedAlert {
  readonly rule: string;
  readonly deviceId: string;
  /** Report that makes it fire; null when a tick does. */
  readonly cause: ReportName | null;
  readonly startsAt: number;
  /** When it was last known to hold before its data was missed; null: it was not, or nobody can say. */
  readonly lastHeld: number | null;
  /** Null: still firing at the end, or nobody can say when it ended (see `possibleAlerts`). */
  readonly endsAt: number | null;
  /** Scheduled sending of the cause, epoch ms: alert latency counts from there. */
  readonly due: number | null;
}

export interface ReportName {
  readonly deviceId: string;
  readonly number: number;
  readonly seq: number | null;
  readonly eventTime: number;
}

export type FindingKind = 'lost' | 'duplicate' | 'wrong' | 'reordered' | 'late' | 'unexpected';

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
    | 'late';
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

/** What the backend shows after a run. A part that it cannot show is null, and is not judged. */
export interface Observation {
  readonly books: ObservedBooks | null;
  /** Of the devices looked at; keyed as in `Expectation`. */
  readonly windows: ReadonlyMap<string, WindowFigures> | null;
  readonly rollups: ReadonlyMap<string, RollupFigures> | null;
  readonly alerts: readonly ObservedAlert[] | null;
  readonly quarantine: readonly ObservedRefusal[] | null;
  readonly late:
    | readonly { readonly deviceId: string; readonly eventTime: number; readonly payload: string }[]
    | null;
}

/** Growth over the run, of all devices. */
export interface ObservedBooks
  extends Pick<Books, 'stored' | 'validated' | 'quarantined' | 'aggregated' | 'late' | 'duplicate'> {
  readonly balanced: boolean;
}

/** An alert as it was told; the same id may come more than once. */
export interface ObservedAlert {
  readonly id: string;
  readonly rule: string;
  readonly deviceId: string;
  readonly state: 'firing' | 'nodata' | 'resolved';
  readonly startsAt: number;
  readonly endsAt: number | null;
  /** Epoch ms, of the first time it was told. */
  readonly receivedAt: number;
  readonly times: number;
}

export interface ObservedRefusal {
  readonly deviceId: string;
  readonly code: string;
  /** As it was published. */
  readonly payload: string;
}
