/**
 * The oracle: from the plan and from what was sent and acknowledged, what a backend must have made of it.
 *
 * It assumes that a backend stores what comes over one connection in the order in which it was sent, and that after a
 * lost connection whatever was not acknowledged is sent again, in its order, before anything new. What was sent and is
 * not yet acknowledged is all that is kept of publishes: reports are folded in as soon as their place is certain.
 */
import type { Plan, Publish } from '../plan/action.js';
import { Random } from '../random.js';
import { AlertOutcomes, ExpectationBuilder } from './expectation.js';
import { type DeviceRules, OracleDevice } from './oracle-device.js';
import type { Expectation } from './verdict.js';
import type { Arrival } from './windows.js';

export interface OracleOptions extends DeviceRules {
  /**
   * It goes over HTTP: an acknowledgement is a promise whatever the QoS, and a body that is no JSON is refused at once
   * instead of being stored. Default: MQTT, where it is a promise with QoS 1 and 2.
   */
  readonly alwaysPromises?: boolean;
  /** Windows and rollups of so many devices are followed, chosen by the seed; of all when there are fewer. */
  readonly lookAt?: number;
  readonly seed?: number;
}

export interface Oracle {
  /** Ids of all devices, and of those whose windows are followed. */
  readonly devices: ReadonlySet<string>;
  readonly lookedAt: ReadonlySet<string>;
  /** Publishes of one device in the order in which they went out; times are epoch ms. Again: it was sent again. */
  sent(device: number, publish: Publish, due: number, sentAt: number): void;
  acknowledged(device: number, publish: Publish, at: number): void;
  /** @param at epoch ms; without it, what was under way may have arrived at any time until it is acknowledged */
  connectionLost(device: number, at?: number): void;
  /**
   * What must have come out for somebody who looks at this moment, or between these two. Asked when everything was
   * sent; it may be asked again, for a later moment.
   */
  expectation(at: number | Arrival): Expectation;
}

export const DEFAULT_LOOK_AT = 200;

/** Without an acknowledgement, a message is taken to be under way for so long at the most, ms. */
const UNDER_WAY_MS = 10_000;

export function createOracle(plan: Plan, options: OracleOptions): Oracle {
  return new PlanOracle(plan, options);
}

/** Sent and not final. */
interface Entry {
  readonly publish: Publish;
  readonly due: number;
  sentAt: number;
  acknowledgedAt: number | null;
  /** The connection it was sent over is lost. */
  cut: boolean;
}

interface Followed {
  readonly device: OracleDevice;
  readonly deviceId: string;
  entries: Entry[];
}

class PlanOracle implements Oracle {
  readonly devices: ReadonlySet<string>;
  readonly lookedAt: ReadonlySet<string>;
  readonly #ids: readonly string[];
  readonly #options: OracleOptions;
  readonly #expect: ExpectationBuilder;
  readonly #followed = new Map<number, Followed>();

  constructor(plan: Plan, options: OracleOptions) {
    this.#options = options;
    this.#ids = plan.devices.map(({ deviceId }) => deviceId);
    this.devices = new Set(this.#ids);
    const { lookAt = DEFAULT_LOOK_AT, seed = 0 } = options;
    this.lookedAt = sample(this.#ids, lookAt, seed);
    this.#expect = new ExpectationBuilder(options.windowMs, (deviceId) => this.lookedAt.has(deviceId));
  }

  sent(device: number, publish: Publish, due: number, sentAt: number): void {
    const followed = this.#of(device);
    if (!this.#isPromise(publish)) {
      const arrival: Arrival = [sentAt, sentAt + UNDER_WAY_MS];
      followed.device.add({ report: publish.report, due, arrival, certain: false });
      return;
    }
    const again = followed.entries.find(
      (entry) => entry.publish === publish && entry.acknowledgedAt === null,
    );
    if (again === undefined) {
      followed.entries.push({ publish, due, sentAt, acknowledgedAt: null, cut: false });
      return;
    }
    if (!again.cut) this.connectionLost(device, sentAt);
    again.sentAt = sentAt;
    again.cut = false;
  }

  acknowledged(device: number, publish: Publish, at: number): void {
    const followed = this.#followed.get(device);
    const entry = followed?.entries.find((one) => one.publish === publish && one.acknowledgedAt === null);
    if (followed === undefined || entry === undefined) return;
    entry.acknowledgedAt = at;
    // One request after the other: what came before and has no acknowledgement was refused.
    if (this.#options.alwaysPromises === true) {
      const before = followed.entries.indexOf(entry);
      followed.entries = followed.entries.filter((one, index) => index >= before || !this.#isRefused(one));
    }
    let final = 0;
    for (const one of followed.entries) {
      if (one.acknowledgedAt === null) break;
      stored(followed.device, one, one.acknowledgedAt);
      final++;
    }
    if (final > 0) followed.entries.splice(0, final);
  }

  connectionLost(device: number, at?: number): void {
    const followed = this.#followed.get(device);
    if (followed === undefined) return;
    for (const entry of followed.entries) {
      const { acknowledgedAt, sentAt } = entry;
      if (acknowledgedAt !== null) stored(followed.device, entry, acknowledgedAt);
      else if (!this.#isRefused(entry)) {
        // What was under way may be stored, although nobody was told so; and once more with every further connection
        // that is lost, as each of them began with sending it again.
        const latest = at === undefined ? sentAt + UNDER_WAY_MS : at + this.#options.marginMs;
        maybeStored(followed.device, entry, [sentAt, Math.max(sentAt, latest)]);
        // It may go out again before anybody hears that the connection is lost: `sentAt` stays.
        entry.cut = true;
      }
    }
    followed.entries = followed.entries.filter(({ acknowledgedAt }) => acknowledgedAt === null);
  }

  expectation(at: number | Arrival): Expectation {
    const look: Arrival = typeof at === 'number' ? [at, at] : at;
    const outcomes = new AlertOutcomes();
    for (const { device, deviceId, entries } of this.#followed.values()) {
      for (const entry of entries.splice(0)) {
        const { publish, sentAt, acknowledgedAt } = entry;
        if (this.#isRefused(entry)) continue;
        if (acknowledgedAt !== null) stored(device, entry, acknowledgedAt);
        else {
          const { number, seq, eventTime } = publish.report;
          this.#expect.unacknowledged({ deviceId, number, seq, eventTime });
          maybeStored(device, entry, [sentAt, Math.max(sentAt, look[1])]);
        }
      }
      device.alerts(look, outcomes);
    }
    return this.#expect.build(outcomes);
  }

  #isRefused({ publish, acknowledgedAt }: Entry): boolean {
    return this.#options.alwaysPromises === true && publish.report.values === null && acknowledgedAt === null;
  }

  #isPromise(publish: Publish): boolean {
    return publish.qos > 0 || this.#options.alwaysPromises === true;
  }

  #of(device: number): Followed {
    let followed = this.#followed.get(device);
    if (followed === undefined) {
      const deviceId = this.#ids[device]!;
      followed = { device: new OracleDevice(deviceId, this.#options, this.#expect), deviceId, entries: [] };
      this.#followed.set(device, followed);
    }
    return followed;
  }
}

function stored(device: OracleDevice, { publish, due, sentAt }: Entry, acknowledgedAt: number): void {
  const arrival: Arrival = [sentAt, Math.max(sentAt, acknowledgedAt)];
  device.add({ report: publish.report, due, arrival, certain: true });
}

function maybeStored(device: OracleDevice, { publish, due }: Entry, arrival: Arrival): void {
  device.add({ report: publish.report, due, arrival, certain: false });
}

/** So many of the ids, the same ones for the same seed. */
function sample(ids: readonly string[], count: number, seed: number): ReadonlySet<string> {
  if (ids.length <= count) return new Set(ids);
  const random = Random.named(seed, 'devices looked at');
  const pool = [...ids];
  for (let i = 0; i < count; i++) {
    const chosen = random.integer(i, pool.length - 1);
    [pool[i], pool[chosen]] = [pool[chosen]!, pool[i]!];
  }
  return new Set(pool.slice(0, count));
}
