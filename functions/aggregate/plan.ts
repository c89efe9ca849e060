/** Definitions made ready for use: their shapes, their metrics, and which of them apply to a device type. */
import type { AggregateSettings, AggregationDefinition } from '../../common/aggregations.js';
import { type MetricPlans, metricPlans } from './figures/plans.js';
import { type Shape, shapeOf } from './shapes/shape.js';

export interface Plan {
  readonly name: string;
  readonly definition: AggregationDefinition;
  /** Tags of the groups; null: windows per device. */
  readonly by: readonly string[] | null;
  /** Its place among the plans of devices, or among those of groups. */
  readonly slot: number;
  /** ms */
  readonly lateness: number;
  readonly shape: Shape;
  readonly metrics: MetricPlans;
}

/** The plans that events of one device type go by. */
export interface Applying {
  readonly ofDevices: readonly Plan[];
  readonly ofGroups: readonly Plan[];
}

export class Plans implements Applying {
  readonly settings: AggregateSettings;
  readonly ofDevices: readonly Plan[];
  readonly ofGroups: readonly Plan[];
  /** Names of the definitions of the last events. */
  readonly lasting: readonly string[];
  readonly #byName: ReadonlyMap<string, Plan>;
  /** Device types are those that have schemas: there is an end to them. */
  readonly #byType = new Map<string, Applying>();

  constructor(settings: AggregateSettings) {
    this.settings = settings;
    const { definitions } = settings;
    this.ofDevices = definitions.filter(({ by }) => by === 'device').map(planOf);
    this.ofGroups = definitions.filter(({ by }) => by !== 'device').map(planOf);
    this.lasting = definitions.filter(({ window }) => window.type === 'last').map(({ name }) => name);
    this.#byName = new Map([...this.ofDevices, ...this.ofGroups].map((plan) => [plan.name, plan]));
  }

  named(definition: string): Plan | undefined {
    return this.#byName.get(definition);
  }

  of(deviceType: string): Applying {
    let applying = this.#byType.get(deviceType);
    if (applying === undefined) {
      const applies = ({ definition: { deviceTypes } }: Plan) =>
        deviceTypes === null || deviceTypes.includes(deviceType);
      applying = { ofDevices: this.ofDevices.filter(applies), ofGroups: this.ofGroups.filter(applies) };
      this.#byType.set(deviceType, applying);
    }
    return applying;
  }
}

function planOf(definition: AggregationDefinition, slot: number): Plan {
  const { name, by, window, allowedLatenessMs, metrics } = definition;
  return {
    name,
    definition,
    by: by === 'device' ? null : by,
    slot,
    lateness: allowedLatenessMs,
    shape: shapeOf(window),
    metrics: metricPlans(metrics),
  };
}
