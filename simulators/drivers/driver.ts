/** How a plan gets to a backend. */
import type { Plan, Publish } from '../plan/action.js';

export type Transport = 'mqtt' | 'mqtts' | 'ws' | 'wss' | 'http' | 'https';

export interface Target {
  readonly transport: Transport;
  readonly host: string;
  readonly port: number;
  /** WebSocket path, or HTTP base path. */
  readonly path: string;
  readonly username?: string;
  readonly password?: string;
  /** PEM files. */
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  /** Accept any certificate. */
  readonly insecure: boolean;
  /** 4: MQTT 3.1.1; 5. */
  readonly protocolVersion: 4 | 5;
  readonly keepaliveSeconds: number;
}

export interface DriveOptions {
  readonly target: Target;
  readonly plan: Plan;
  /** `open`: everything at its moment, whatever the backend does. `closed`: so many unacknowledged per connection. */
  readonly loop: { readonly kind: 'open' } | { readonly kind: 'closed'; readonly inFlight: number };
  /** One per device when null; else devices share so many connections (connects and disconnects are then left out). */
  readonly connections: number | null;
  readonly clientIdPrefix: string;
  /** Connects per second at the beginning. */
  readonly connectRate: number;
  /** This process drives the devices whose index modulo `of` is `part`. */
  readonly slice: { readonly part: number; readonly of: number };
  /** performance.timeOrigin-independent: epoch ms at which scenario time 0 is. */
  readonly beginAt: number;
  readonly signal?: AbortSignal;
  /** How long after the plan's end to wait for what is unacknowledged, ms; 10,000 when absent. */
  readonly settleMs?: number;
  /** Of the jitter between attempts to reconnect; 0 when absent. */
  readonly seed?: number;
  readonly limits?: Partial<DriveLimits>;
}

/** What bounds the memory of one driving process. */
export interface DriveLimits {
  /** QoS 1 and 2 publishes that wait to be sent late, over all connections. */
  readonly waiting: number;
  /** Bytes of one connection that the system has not taken yet: above it, nothing more is written. */
  readonly socketBytes: number;
}

/** What became of one publish. Times are epoch ms with fractions, from a monotonic clock. */
export interface Sent {
  readonly device: number;
  readonly publish: Publish;
  readonly due: number;
  readonly sentAt: number;
}

/** Told as it happens, on the hot path: must be cheap. */
export interface DriveObserver {
  sent(device: number, publish: Publish, due: number, sentAt: number): void;
  acknowledged(device: number, publish: Publish, at: number): void;
  /**
   * Could not be sent in its time (no connection, socket full): with QoS 0 for good, else it may be sent later, and
   * then `sent` tells so. Told once per publish, however long it waits.
   */
  unsent(device: number, publish: Publish, reason: string): void;
  /** `device` is the number of the connection when devices share connections. */
  connected(device: number, tookMs: number): void;
  disconnected(device: number, reason: string | null): void;
  error(message: string): void;
}

export interface DriveSummary {
  readonly planned: number;
  readonly sent: number;
  readonly acknowledged: number;
  /** Never sent. */
  readonly unsent: number;
  /** Could not be sent in their time but were later (QoS 1 and 2). */
  readonly late?: number;
  /** Why publishes could not be sent in their time, late ones included. */
  readonly unsentReasons?: Readonly<Record<string, number>>;
  /** Packets and requests sent again after a lost connection. */
  readonly resent?: number;
  /** The backend answered that it does not want them. */
  readonly refused?: number;
  readonly connects: number;
  readonly failedConnects: number;
  /** From scheduled moment to acknowledgement (QoS 0: to the write), HDR histogram, compressed base64; ms x 1000. */
  readonly latency: string;
  /** How late publishes were written, the same way. */
  readonly schedulingError: string;
  /** Per second of the run: sent, acknowledged. */
  readonly throughput: readonly {
    readonly second: number;
    readonly sent: number;
    readonly acknowledged: number;
  }[];
}

export interface Driver {
  /** Resolves when everything was sent and acknowledged, or `settleMs` after the plan's end. */
  run(): Promise<DriveSummary>;
}
