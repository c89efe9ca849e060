/** What devices of each type send, and what is no event at all: fields as pairs of a name and a value in JSON. */
import type { Random } from '../../support/random.js';

export type DeviceType = 'environment' | 'meter' | 'room' | 'weather' | 'air-handler';

type Field = readonly [name: string, json: string];

/** `isHot`: a rule's condition holds. Fractions, so that sums depend on the order they are taken in. */
export const BODIES: Readonly<Record<DeviceType, (random: Random, isHot: boolean) => Field[]>> = {
  environment(random, isHot) {
    const low = isHot && random.next() < 0.5;
    return [
      ['temperature', between(random, isHot && !low ? [80.5, 120] : [-20, 79])],
      ['humidity', between(random, [0, 100])],
      ['battery', between(random, low ? [2, 2.99] : [3, 4.2])],
    ];
  },
  meter: (random, isHot) => [
    ['energy', between(random, [0, 99_999])],
    ['power', between(random, [0, 11_000])],
    ['voltage', between(random, isHot ? [180, 206] : [208, 250])],
  ],
  room: (random, isHot) => [
    ['co2', between(random, isHot ? [1_201, 4_000] : [400, 1_199])],
    ['temperature', between(random, [15, 30])],
    ['humidity', between(random, [20, 80])],
    ['lights', random.next() < 0.5 ? 'true' : 'false'],
  ],
  weather: (random, isHot) => [
    ['temp', between(random, isHot ? [96, 130] : [-40, 94])],
    ['wind_speed', between(random, isHot ? [41, 120] : [0, 39])],
    ['dewp', random.next() < 0.2 ? 'null' : between(random, [-10, 60])],
  ],
  'air-handler': (random, isHot) => [
    ['pressure', between(random, isHot ? [251, 600] : [20, 249])],
    ['fan', ['"off"', '"low"', '"high"'][random.integer(0, 2)]!],
  ],
};

/** Names and values that a store may stumble over. */
export const ODDITIES: readonly Field[] = [
  ['__proto__', '5'],
  ['constructor', '-0'],
  ['10', '1e21'],
  ['2', '5e-324'],
  ['', '1.7976931348623157e308'],
  ['zero', '-0.0'],
  ['big', '123456789012345680000'],
  ['a\u0000b', '0.1'],
  ['a\u0001b', '"\\u0000\\u0001"'],
  ['Größe 🌡', '0.30000000000000004'],
  ['half', '"\\ud800"'],
  ['text', '"\'; DROP TABLE alerts; -- \\\\ \\" \\n"'],
  ['yes', 'true'],
];

/** Bytes that validation refuses, each for another reason. */
export function malformed(deviceId: string, type: DeviceType, now: number, random: Random): Uint8Array {
  const whole = (ts: string) =>
    `{"ts":${ts},"temperature":1,"humidity":1,"battery":3.5,"deviceType":"environment"}`;
  const kinds: readonly (() => string | Uint8Array)[] = [
    () => '',
    () => '{"ts":',
    () => 'null',
    () => `[${whole(`${now}`)}]`,
    () => Uint8Array.of(0x7b, 0xff, 0xfe, 0x00, 0x7d),
    () => Uint8Array.of(0),
    // Looks like the beginning of an envelope.
    () => Uint8Array.of(0xff, 0x4d, 0x52, 0x01, 0, 0),
    () => `{"ts":${now}}`,
    () => `{"ts":${now},"deviceType":"toaster\\u0000"}`,
    () => whole('"yesterday"'),
    () => whole(`${Math.floor(now / 1000)}`),
    () => whole(`${now + 40 * 86_400_000}`),
    () => `{"deviceId":"somebody else",${whole(`${now}`).slice(1)}`,
    () => `{"deviceId":${JSON.stringify(deviceId)},"deviceType":"${type}","ts":true}`,
    () => `{"a":${'['.repeat(40)}${']'.repeat(40)}}`,
    () => `{"ts":${now},"temperature":"hot","humidity":1,"battery":1}`,
    () => `{"ts":${now},"temperature":1e999,"humidity":1,"battery":1}`,
  ];
  const made = kinds[random.integer(0, kinds.length - 1)]!();
  return typeof made === 'string' ? Buffer.from(made) : made;
}

function between(random: Random, [from, to]: readonly [number, number]): string {
  return `${from + random.next() * (to - from)}`;
}
