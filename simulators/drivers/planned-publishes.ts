/** Publishes of a plan by device and place: made in order as they are asked for, kept until asked for the last time. */
import type { Action, Plan, PlannedDevice, Publish } from '../plan/action.js';
import type { NumberedPublish } from './process-messages.js';

interface Course {
  readonly actions: Generator<Action, void>;
  made: number;
  readonly kept: Map<number, Publish>;
}

export class PlannedPublishes {
  readonly #plan: Plan;
  readonly #courses = new Map<number, Course>();

  constructor(plan: Plan) {
    this.#plan = plan;
  }

  /** Throws when the plan has no such publish: the other side has made another plan. */
  at(device: number, place: number, isLast: boolean): Publish {
    let course = this.#courses.get(device);
    if (course === undefined) {
      course = { actions: this.#plan.devices[device]!.actions(), made: 0, kept: new Map() };
      this.#courses.set(device, course);
    }
    while (course.made <= place) {
      const { value } = course.actions.next();
      if (value === undefined) throw new RangeError(`device ${device} has no publish ${place}`);
      if (value.kind === 'publish') course.kept.set(course.made++, value);
    }
    const publish = course.kept.get(place);
    if (publish === undefined) throw new RangeError(`publish ${place} of device ${device} is done with`);
    if (isLast) course.kept.delete(place);
    return publish;
  }
}

/** The same plan with publishes that know their place. */
export function numbered(plan: Plan): Plan {
  return { ...plan, devices: plan.devices.map(withPlaces) };
}

function withPlaces(device: PlannedDevice): PlannedDevice {
  return {
    ...device,
    *actions() {
      let place = 0;
      for (const action of device.actions()) {
        yield action.kind === 'publish' ? ({ ...action, place: place++ } as NumberedPublish) : action;
      }
    },
  };
}
