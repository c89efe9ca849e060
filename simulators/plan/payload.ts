/** From readings to bytes: what the device's clock says, and what is wrong with some payloads. */
import { Random } from '../random.js';
import type { Report } from './action.js';
import { draw } from './occasions.js';
import type { DeviceIdentity, Reading } from './readings.js';

/** What the backend has to make of an event, from its device type, its parsed payload and its event time. */
export type Judge = (type: string, body: Readonly<Record<string, unknown>>) => Report['verdict'];

export interface Encoded {
  readonly payload: Buffer;
  readonly report: Report;
}

/** The device type that needs no naming in the payload. */
export const DEFAULT_TYPE = 'environment';

export function createEncoder(
  device: DeviceIdentity,
  start: number,
  judge: Judge,
): (reading: Reading) => Encoded {
  const { fleet, seed, stream } = device;
  const { clock, payload: faults } = fleet;
  const own = Random.named(seed, `${stream} clock`);
  const [skew, drift] = [draw(own, clock.skew), draw(own, clock.drift)];
  const zone = own.unit() < clock.wrongZone.share ? clock.wrongZone.offset : 0;
  const old = own.unit() < faults.oldSchema.share ? faults.oldSchema.rename : {};
  const chance = Random.named(seed, `${stream} payload`);

  return ({ number, time, values }) => {
    // The same draws for every report, whatever becomes of it.
    const [malformed, wrong, missing] = [chance.unit(), chance.unit(), chance.unit()];
    const eventTime = Math.round(start + time + (time * drift) / 1e6 + skew + zone);
    const seq = faults.withoutSeq ? null : Math.floor(start) + number;
    const body: Record<string, number | string | boolean> = { ts: eventTime };
    if (seq !== null) body.seq = seq;
    if (fleet.type !== DEFAULT_TYPE) body.deviceType = fleet.type;
    for (const [name, value] of Object.entries(values)) body[old[name] ?? name] = value;
    const first = Object.keys(values)[0]!;
    if (wrong < faults.wrongType) body[old[first] ?? first] = 'n/a';
    if (missing < faults.missingField) delete body[old[first] ?? first];
    const text = JSON.stringify(body);
    const report = { number, seq, eventTime, type: fleet.type };
    if (malformed < faults.malformed) {
      return {
        payload: Buffer.from(text.slice(0, -1)),
        report: { ...report, values: null, verdict: 'JSON_SYNTAX' },
      };
    }
    const { ts: _, seq: __, deviceType: ___, ...carried } = body;
    return {
      payload: Buffer.from(text),
      report: { ...report, values: carried, verdict: judge(fleet.type, body) },
    };
  };
}
