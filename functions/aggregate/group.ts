/**
 * A group of devices, or the fleet, as far as one partition knows it: it has the events of the partition's devices, and
 * its clock is the latest of theirs. Who wants the whole group merges what the partitions have.
 */
import type { DeviceTags } from '../../schemas/device-tags.js';
import { decodeGroup, encodeGroup } from './document.js';
import { Owner } from './owner.js';
import type { Plan } from './plan.js';

export class Group extends Owner {
  readonly plan: Plan;

  constructor(key: string, plan: Plan) {
    super(key);
    this.plan = plan;
  }

  get scope(): string {
    return this.plan.name;
  }

  encode(): string {
    return encodeGroup(this);
  }

  /** Throws `STATE_UNKNOWN` when another version of Millrace wrote the document. */
  static decode(key: string, text: string, plan: Plan): Group {
    return decodeGroup(new Group(key, plan), text, plan);
  }
}

/** `site=north,type=reefer`, in the definition's order; a tag that a device lacks is empty; `` is the fleet. */
export function groupKey(by: readonly string[], deviceType: string, tags: DeviceTags): string {
  let key = '';
  for (const tag of by) {
    const value = tag === 'type' ? deviceType : (tags[tag] ?? '');
    key += `${key === '' ? '' : ','}${tag}=${value.replace(SEPARATORS, encodeURIComponent)}`;
  }
  return key;
}

/** So that no two groups have the same key. */
const SEPARATORS = /[%,=]/g;
