/** What an expression is compiled with. */
import { suggestion } from '../../../common/problems.js';
import type { AnyFeature } from './feature.js';
import type { Geofence } from './geofence.js';

/** What is known of the deployment, to refuse names that stand for nothing; undefined: not known. */
export interface Known {
  /** Tags that devices can have. */
  readonly tags?: readonly string[] | undefined;
  readonly deviceTypes?: readonly string[] | undefined;
}

/**
 * `device`: of one device, with everything. `event`: within a function, where nothing is remembered. `fleet`: over the
 * figures of a group.
 */
export type Kind = 'device' | 'event' | 'fleet';

export interface CompileContext {
  readonly kind: Kind;
  readonly known: Known;
  readonly geofences: ReadonlyMap<string, Geofence>;
  /** By id, so that equal ones are one. */
  readonly features: Map<string, AnyFeature>;
}

/** What is wrong with asking for a tag that devices cannot have. */
export function noSuchTag(name: string, known: readonly string[]): string {
  const hint =
    known.length === 0
      ? '; tags are given by custom.millrace.deviceTags of serverless.yml'
      : suggestion(name, known);
  return `no device has a tag ${JSON.stringify(name)}${hint}`;
}

export function emptyContext(overrides: Partial<CompileContext> = {}): CompileContext {
  return { kind: 'device', known: {}, geofences: new Map(), features: new Map(), ...overrides };
}
