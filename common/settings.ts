/**
 * Millrace's own settings: the section `custom.millrace` of serverless.yml, with defaults filled in.
 * Checked (all problems at once, each with its path) by the manifest; see `runtime/manifest/`.
 */
import type { AggregateSettings } from './aggregations.js';

export interface StreamSettings {
  /** Of a stream that `resources` does not declare: one that stands in for a topic or a queue, or is made here. */
  readonly partitions?: number;
  /** Delete the oldest segments beyond this many bytes, if every enabled function has finished them. */
  readonly maxBytes: number;
  /** At this size appends wait until there is room again; always above `maxBytes`. */
  readonly hardLimitBytes: number;
  /** A segment file is closed at about this size: the unit of deletion. */
  readonly segmentBytes: number;
}

export interface GatewaySettings {
  /** MQTT topics that carry telemetry; `{deviceId}` stands for one level. */
  readonly telemetryTopics: readonly string[];
  /** MQTT topic filters that devices may publish to besides: handed to subscribers, not stored. */
  readonly relayTopics: readonly string[];
  readonly maxPayloadBytes: number;
  /** When functions lag further behind than this (ms, beyond their batch windows), publishers are slowed. */
  readonly maxLagMs: number;
  /**
   * Whoever reaches the HTTP port may invoke functions, see how they are wired and act for operators, not this machine
   * alone. For networks that vouch for everybody in them: there are no credentials to check.
   */
  readonly remoteControl: boolean;
  /** Whether devices' comings and goings are told on `presenceTopic`, retained. */
  readonly presence: boolean;
  /** MQTT topic of a device's presence; `{deviceId}` stands for one level. */
  readonly presenceTopic: string;
  /** After a start, how long devices have to come back (ms) before they are told offline. */
  readonly presenceGraceMs: number;
}

export interface DeviceTypeSettings {
  /** Type of devices that nothing else names. */
  readonly default: string;
  /** Device id pattern (`*` matches any run of characters) -> type; the first match wins. */
  readonly byDevice: Readonly<Record<string, string>>;
}

export interface EventSettings {
  /** An event time further ahead of its arrival than this is refused (ms). */
  readonly maxFutureMs: number;
  /** An event time before this is refused (epoch ms). */
  readonly oldest: number;
}

export interface DeviceTagSettings {
  /**
   * Device id pattern -> tags. `*` matches any run of characters, `{name}` a run without `-_.:/`, which becomes the
   * tag of that name. All patterns that match count; a tag is what the first of them says.
   */
  readonly byDevice: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Members of an event that are tags when they are strings; they win. */
  readonly fromEvent: readonly string[];
}

export interface RetentionSettings {
  /** Each in ms. */
  readonly windows: number;
  readonly rollups: Readonly<Record<'1m' | '1h' | '1d' | 'day' | 'week', number>>;
  readonly quarantine: number;
  readonly late: number;
  readonly alerts: number;
}

/** Local settings of one function: what a laptop needs and AWS has no word for. */
export interface LocalFunctionSettings {
  /**
   * How far the function's thread stands back for the gateway and for alerts: 0 (not at all) to 19, as nice(1) has
   * it. For functions that can wait.
   */
  readonly nice: number;
  /** Replaces the schedule of serverless.yml locally, e.g. `rate(1 second)`, which AWS does not offer. */
  readonly schedule?: string;
  /** Replaces `batchWindow` (ms): the local poller can wait for less than a second. */
  readonly batchWindowMs?: number;
  /** What an environment of the function is: a thread, a process, or nothing around it at all (for benchmarks). */
  readonly isolation: 'worker' | 'process' | 'inline';
  /** So many environments at a time at the most; work beyond that waits, which is no throttle. */
  readonly environments: number;
  /** An environment that had nothing to do for so long is ended (ms), unless it is a provisioned one. */
  readonly idleMs: number;
  /** Whether a scheduled run may begin before the last one has ended. */
  readonly overlap: boolean;
  /**
   * Whether its HTTP routes answer only those who may control the deployment, as the routes that invoke functions do:
   * programs of this machine, or everybody with `gateway.remoteControl`. On AWS authorizers decide that.
   */
  readonly control: boolean;
}

/** What stands in for a queue or a topic of AWS that failed records are sent to. */
export type DestinationSettings = {
  /** Adds the failed records themselves to the document, as AWS does for S3 alone. */
  readonly payload: boolean;
} & (
  | { readonly stream: string }
  /** Path of a file that documents are appended to, one a line; relative to the data directory. */
  | { readonly file: string }
  /** URL that documents are posted to. */
  | { readonly webhook: string }
);

/** Limits that AWS sets per account and region. */
export interface ConcurrencySettings {
  /** Environments at work at a time, over all functions. */
  readonly account: number;
  /** How many environments a function may gain within ten seconds. */
  readonly scalingPer10s: number;
}

export interface Settings {
  /** Folder of the project, absolute: where serverless.yml, schemas/, rules/ and aggregations/ lie. */
  readonly root: string;
  readonly gateway: GatewaySettings;
  readonly deviceTypes: DeviceTypeSettings;
  readonly deviceTags: DeviceTagSettings;
  readonly events: EventSettings;
  /** From `aggregations/*.yml`. */
  readonly aggregate: AggregateSettings;
  readonly retention: RetentionSettings;
  readonly streams: Readonly<Record<string, StreamSettings>>;
  readonly functions: Readonly<Record<string, LocalFunctionSettings>>;
  /** By the name of the queue, topic or bucket; one without an entry is a file of its name in `destinations/`. */
  readonly destinations: Readonly<Record<string, DestinationSettings>>;
  readonly concurrency: ConcurrencySettings;
}
