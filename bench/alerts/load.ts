/**
 * Events as the decoder leaves them through the alert core, each batch committed to SQLite as the function does:
 * devices in turn, one event a second each. The same for the same arguments.
 */
import { BatchEvaluation } from '../../functions/alert/evaluate.js';
import { RulePlan } from '../../functions/alert/plan.js';
import { memoryRowOf, rowOf } from '../../functions/alert/rows.js';
import { DEVICES, WarmPartition } from '../../functions/alert/warm.js';
import type { AlertStore } from '../../stores/alerts.js';
import type { Batch } from '../../streams/batch.js';
import { rulesOf } from './rules.js';

/** Records per invocation. */
export const BATCH = 2_000;
const T0 = Date.UTC(2026, 0, 1);
const BODIES = 9_973;
const TAGS = Object.freeze(Object.create(null)) as Readonly<Record<string, string>>;

export class Load {
  told = 0;
  /** Rows of alerts and of what is remembered. */
  written = 0;
  readonly #store: AlertStore;
  readonly #warm: WarmPartition;
  readonly #ids: readonly string[];
  readonly #bodies: readonly Readonly<Record<string, unknown>>[];
  #sent = 0;

  private constructor(store: AlertStore, warm: WarmPartition, devices: number) {
    this.#store = store;
    this.#warm = warm;
    this.#ids = Array.from({ length: devices }, (_, index) => `sensor-${index}`);
    this.#bodies = Array.from({ length: BODIES }, (_, index) =>
      JSON.parse(
        `{"ts":${T0 + index},"seq":${index},"temperature":${(50 + Math.sin(index) * 20).toFixed(2)},` +
          `"humidity":${(50 + Math.cos(index) * 20).toFixed(2)},"lon":4.9,"lat":52.38}`,
      ),
    );
  }

  static async of(kind: string, devices: number, store: AlertStore): Promise<Load> {
    const warm = await WarmPartition.load(0, new RulePlan(rulesOf(kind)), store, DEVICES);
    return new Load(store, warm, devices);
  }

  /** One invocation. */
  async batch(): Promise<void> {
    const warm = this.#warm;
    const first = this.#sent;
    const devices = this.#ids.length;
    const ids = Array.from({ length: BATCH }, (_, index) => this.#ids[(first + index) % devices]!);
    const states = await warm.devices(ids);
    const evaluation = new BatchEvaluation(
      warm,
      () => TAGS,
      null,
      (_rule, _device, error) => {
        throw error;
      },
    );
    for (let index = 0; index < BATCH; index++) {
      const sent = first + index;
      const time = T0 + Math.floor(sent / devices) * 1_000 + ((sent % devices) % 1_000);
      const incoming = {
        deviceType: 'environment',
        body: this.#bodies[sent % BODIES]!,
        eventTime: time,
        arrivalTime: time + 5,
      };
      evaluation.event(states[index]!, incoming, () => BigInt(sent));
    }
    this.#sent += BATCH;
    await this.#commit(evaluation, first);
  }

  async #commit({ outcome }: BatchEvaluation, first: number): Promise<void> {
    const { told, changed, ended, touched } = outcome;
    const batch: Pick<Batch, 'baseOffset' | 'count'> = { baseOffset: BigInt(first), count: BATCH };
    const next = batch.baseOffset + BigInt(batch.count);
    if (changed.size + ended.length + touched.size > 0) {
      await this.#store.commit({
        partition: 0,
        scope: DEVICES,
        from: this.#warm.committed,
        next,
        rows: [...changed].map((entry) => rowOf(entry, 0)),
        memories: [...touched].map(({ id, remembered }) => memoryRowOf(id, remembered!, 0)),
        ended,
        ...(told.length > 0 ? { owed: { through: next - 1n, alerts: told } } : {}),
      });
      this.#warm.committed = next;
    }
    this.told += told.length;
    this.written += changed.size + touched.size;
  }
}
