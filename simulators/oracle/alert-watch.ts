/** The alerts that a backend tells over MQTT, and its answers to refused events, from before a run to its end. */
import type { ObservedAlert } from './verdict.js';

/** What of an alert its document says. */
type AlertDocument = Omit<ObservedAlert, 'receivedAt' | 'times'>;

/** Pure, so that it can be tested without a broker. */
export class AlertLedger {
  readonly #devices: ReadonlySet<string>;
  readonly #alerts = new Map<string, ObservedAlert>();
  /** Firing alerts of the run's devices. */
  firing = 0;
  /** Messages on alert topics that are no alerts. */
  unreadable = 0;
  /** Answers to refused events, by code. */
  readonly rejected: Record<string, number> = {};

  /** @param devices alerts of others are nobody's business */
  constructor(devices: ReadonlySet<string>) {
    this.#devices = devices;
  }

  /** @param receivedAt epoch ms */
  alert(payload: Buffer, receivedAt: number): void {
    const alert = parsed(payload);
    if (!isAlert(alert)) {
      this.unreadable++;
      return;
    }
    const { id, rule, deviceId, state, startsAt, endsAt } = alert;
    if (!this.#devices.has(deviceId)) return;
    const known = this.#alerts.get(id);
    if (known !== undefined) {
      this.#alerts.set(id, { ...known, times: known.times + 1 });
      return;
    }
    if (state === 'firing') this.firing++;
    this.#alerts.set(id, { id, rule, deviceId, state, startsAt, endsAt, receivedAt, times: 1 });
  }

  reply(deviceId: string, payload: Buffer): void {
    if (!this.#devices.has(deviceId)) return;
    const { code } = Object(parsed(payload)) as { code?: unknown };
    const name = typeof code === 'string' ? code : 'unreadable';
    this.rejected[name] = (this.rejected[name] ?? 0) + 1;
  }

  alerts(): ObservedAlert[] {
    return [...this.#alerts.values()];
  }
}

function parsed(payload: Buffer): unknown {
  try {
    return JSON.parse(payload.toString());
  } catch {
    // Counted as unreadable by whoever asked.
    return undefined;
  }
}

function isAlert(value: unknown): value is AlertDocument {
  const { id, rule, deviceId, state, startsAt } = Object(value) as Record<string, unknown>;
  const texts = [id, rule, deviceId].every((text) => typeof text === 'string');
  return texts && ['firing', 'nodata', 'resolved'].includes(state as string) && typeof startsAt === 'number';
}
