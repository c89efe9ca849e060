/**
 * What the network between a device and the backend does to its reports: latency, loss, copies, overtaking, and times
 * without a connection, after which a backlog comes in a burst.
 */
import { Random } from '../random.js';
import type { Action, Connect, Disconnect, Publish } from './action.js';
import { draw, type Span, spansOf } from './occasions.js';
import type { Encoded } from './payload.js';
import type { DeviceIdentity, Life, Reading } from './readings.js';

/** A time without a connection. */
interface Outage extends Span {
  /** Reports of this time are kept and sent afterwards. */
  readonly backlog: boolean;
  readonly how: Disconnect['how'];
}

/** Flapping: connected and away for so long in turn, ms. */
const FLAP_UP = [1_000, 3_000] as const;
const FLAP_DOWN = [200, 1_000] as const;

export function* actions(
  device: DeviceIdentity,
  topic: string,
  life: Life,
  duration: number,
  source: Iterable<Reading>,
  encode: (reading: Reading) => Encoded,
): Generator<Action, void> {
  const { network, qos } = device.fleet;
  const outages = outagesOf(device, duration);
  const chance = Random.named(device.seed, `${device.stream} network`);
  const queue = new Queue();
  queue.add({ kind: 'connect', at: life.joins });
  for (const { from, until, how } of outages) {
    if (until <= life.joins || from >= life.leaves) continue;
    queue.add({ kind: 'disconnect', at: Math.max(from, life.joins), how });
    if (until <= life.leaves) queue.add({ kind: 'connect', at: until });
  }
  const away = outages.some(({ from, until }) => from <= life.leaves && life.leaves < until);
  if (life.leaves < duration && !away) queue.add({ kind: 'disconnect', at: life.leaves, how: 'clean' });

  const delivery = new Delivery(outages, life.leaves);
  for (const reading of source) {
    yield* queue.until(reading.time);
    // The same draws for every report, whatever becomes of it.
    const latency = draw(chance, network.latency);
    const lost = chance.unit() < network.loss;
    const held = chance.unit() < network.reordering.share ? draw(chance, network.reordering.by) : 0;
    const copied = chance.unit() < network.duplicates.share;
    const copyAfter = draw(chance, network.duplicates.after);
    const { payload, report } = encode(reading);
    if (lost) continue;
    const at = delivery.at(reading.time + latency, held);
    if (at === undefined) continue;
    const publish: Publish = { kind: 'publish', at, topic, qos, payload, report, isCopy: false };
    queue.add(publish);
    const again = copied ? delivery.later(at + copyAfter) : undefined;
    if (again !== undefined) queue.add({ ...publish, at: again, isCopy: true });
  }
  yield* queue.until(Number.POSITIVE_INFINITY);
}

/** When a report goes out; undefined: never. */
class Delivery {
  readonly #outages: readonly Outage[];
  readonly #leaves: number;
  /** What is not held back stays in order. */
  #last = 0;

  constructor(outages: readonly Outage[], leaves: number) {
    this.#outages = outages;
    this.#leaves = leaves;
  }

  at(ready: number, held: number): number | undefined {
    const at = this.later(Math.max(ready, this.#last) + held);
    if (at !== undefined && held === 0) this.#last = at;
    return at;
  }

  later(wanted: number): number | undefined {
    const outage = this.#outages.find(({ from, until }) => from <= wanted && wanted < until);
    if (outage !== undefined && !outage.backlog) return undefined;
    const at = outage?.until ?? wanted;
    return at < this.#leaves ? at : undefined;
  }
}

/** In order and apart from one another; overlapping ones are one, which keeps a backlog only if all of them do. */
function outagesOf({ fleet, seed, stream }: DeviceIdentity, duration: number): Outage[] {
  const { offline, storms, flapping } = fleet.network;
  const all: Outage[] = [];
  const randomFor = (what: string) => Random.named(seed, `${stream} ${what}`);
  for (const [index, one] of offline.entries()) {
    const spans = spansOf(one, randomFor(`offline ${index}`), duration);
    all.push(...spans.map((span) => ({ ...span, backlog: one.backlog, how: 'drop' as const })));
  }
  for (const [index, storm] of storms.entries()) {
    const spans = spansOf(storm, randomFor(`storm ${index}`), duration);
    all.push(...spans.map((span) => ({ ...span, backlog: true, how: storm.how })));
  }
  for (const [index, flaps] of flapping.entries()) {
    const random = randomFor(`flapping ${index}`);
    for (const { from, until } of spansOf(flaps, random, duration)) {
      for (let at = from + draw(random, FLAP_UP); at < until; at += draw(random, FLAP_UP)) {
        const back = at + draw(random, FLAP_DOWN);
        all.push({ from: at, until: back, backlog: true, how: 'drop' });
        at = back;
      }
    }
  }
  return joined(all);
}

function joined(outages: readonly Outage[]): Outage[] {
  const result: Outage[] = [];
  for (const outage of [...outages].sort((a, b) => a.from - b.from)) {
    const last = result.at(-1);
    if (last === undefined || outage.from > last.until) result.push(outage);
    else {
      result[result.length - 1] = {
        from: last.from,
        until: Math.max(last.until, outage.until),
        backlog: last.backlog && outage.backlog,
        how: last.how === 'drop' ? 'drop' : outage.how,
      };
    }
  }
  return result;
}

/** At the same moment: connected before anything is sent, disconnected after. */
const RANK: Readonly<Record<Action['kind'], number>> = { connect: 0, publish: 1, disconnect: 2 };

/** Actions to come, by moment; what was added first comes first among equals. */
class Queue {
  readonly #actions: Action[] = [];

  add(action: Publish | Connect | Disconnect): void {
    const actions = this.#actions;
    let at = actions.length;
    while (at > 0 && after(actions[at - 1]!, action)) at--;
    actions.splice(at, 0, action);
  }

  /** Takes out what is due before `time`: nothing earlier will be added any more. */
  *until(time: number): Generator<Action, void> {
    let count = 0;
    while (count < this.#actions.length && this.#actions[count]!.at < time) yield this.#actions[count++]!;
    this.#actions.splice(0, count);
  }
}

function after(a: Action, b: Action): boolean {
  return a.at === b.at ? RANK[a.kind] > RANK[b.kind] : a.at > b.at;
}
