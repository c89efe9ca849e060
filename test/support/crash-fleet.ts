/**
 * The load of the crash tests: several connections that publish for a few devices each, now and then a hot event, each
 * from a device of its own, so that every hot event makes exactly one firing alert.
 */
import type { DeviceEvent } from './devices.js';
import { LedgerPublisher } from './ledger-publisher.js';
import type { Random } from './random.js';

export interface CrashFleetOptions {
  readonly connections: number;
  readonly devicesPerConnection: number;
  readonly inFlight: number;
  /** Of each connection; default: as fast as events are acknowledged. */
  readonly perSecond?: number;
}

export interface CrashFleet {
  /** With `making` false, only what is owed is sent. */
  start(mqttUrl: string, making?: boolean): Promise<void>;
  /** Makes no further events; what is in flight may still be acknowledged. */
  pause(): void;
  drop(): void;
  readonly acknowledged: number;
  readonly owed: number;
  readonly resent: number;
  /** Every event ever made, once. */
  events(): DeviceEvent[];
  /** Devices that must have a firing alert. */
  readonly hot: ReadonlySet<string>;
}

/** Share of hot events. */
const HOT = 0.01;

export function crashFleet(random: Random, options: CrashFleetOptions): CrashFleet {
  const hot = new Set<string>();
  const publishers = Array.from({ length: options.connections }, (_, connection) => {
    const sequences = new Array<number>(options.devicesPerConnection).fill(0);
    const next = (): DeviceEvent => {
      const isHot = random.next() < HOT;
      const device = random.integer(0, options.devicesPerConnection - 1);
      const deviceId = isHot ? `hot-${hot.size}` : `crash-${connection}-${device}`;
      if (isHot) hot.add(deviceId);
      return {
        deviceId,
        seq: isHot ? 0 : sequences[device]!++,
        ts: Date.now(),
        temperature: isHot ? 85 : random.integer(60, 300) / 4,
        humidity: random.integer(80, 320) / 4,
        battery: 3.75,
      };
    };
    return new LedgerPublisher({ clientId: `crash-${connection}`, next, ...options });
  });
  const sum = (pick: (publisher: LedgerPublisher) => number) =>
    publishers.reduce((total, publisher) => total + pick(publisher), 0);
  return {
    hot,
    async start(mqttUrl, making = true) {
      await Promise.all(publishers.map((publisher) => publisher.start(mqttUrl, making)));
    },
    pause() {
      for (const publisher of publishers) publisher.pause();
    },
    drop() {
      for (const publisher of publishers) publisher.drop();
    },
    get acknowledged() {
      return sum((publisher) => publisher.acknowledged);
    },
    get owed() {
      return sum((publisher) => publisher.owed);
    },
    get resent() {
      return sum((publisher) => publisher.resent);
    },
    events: () => publishers.flatMap((publisher) => publisher.events),
  };
}
