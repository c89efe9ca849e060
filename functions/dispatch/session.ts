/** What one run of `dispatch` works with, and how it writes: everything from the cursor it found. */
import type { Delivery, DispatchCommit, GroupRow } from '../../stores/notifications.js';
import type { InvocationContext, Platform } from '../contract.js';
import type { NotificationConfig } from './config/types.js';
import { dueAt } from './core.js';
import { encodeGroup, type Group } from './groups.js';
import type { Inhibition } from './inhibition.js';
import type { Routing } from './routing.js';
import type { Silences } from './silencing.js';

/** Nothing new is begun with less time than this left (ms). */
const MARGIN = 2_000;

export interface Changes {
  readonly groups?: readonly GroupRow[];
  readonly removedGroups?: readonly string[];
  readonly deliveries?: readonly Delivery[];
}

export class Session {
  readonly platform: Platform;
  readonly config: NotificationConfig;
  readonly routing: Routing;
  readonly silences: Silences;
  readonly inhibition: Inhibition;
  /** Epoch ms: when the schedule was due. */
  readonly now: number;
  readonly #context: InvocationContext;
  #cursor: bigint;

  constructor(
    given: Pick<Session, 'platform' | 'config' | 'routing' | 'silences' | 'inhibition' | 'now'>,
    context: InvocationContext,
    cursor: bigint,
  ) {
    this.platform = given.platform;
    this.config = given.config;
    this.routing = given.routing;
    this.silences = given.silences;
    this.inhibition = given.inhibition;
    this.now = given.now;
    this.#context = context;
    this.#cursor = cursor;
  }

  get cursor(): bigint {
    return this.#cursor;
  }

  /** What is left then is for the next run. */
  get isLate(): boolean {
    return this.#context.remainingTimeMs() < MARGIN;
  }

  /** @param cursor the new one, where alerts were taken in */
  async commit(changes: Changes, cursor = this.#cursor): Promise<void> {
    const { groups = [], removedGroups = [], deliveries = [] } = changes;
    const isNothing = groups.length + removedGroups.length + deliveries.length === 0;
    if (isNothing && cursor === this.#cursor) return;
    const commit: DispatchCommit = { cursor, from: this.#cursor, groups, removedGroups, deliveries };
    await this.platform.stores.dispatch.commit(commit);
    this.#cursor = cursor;
  }

  /** As rows, those without members as keys to be removed. */
  rowsOf(groups: Iterable<Group>): { readonly groups: GroupRow[]; readonly removedGroups: string[] } {
    const rows: GroupRow[] = [];
    const removedGroups: string[] = [];
    for (const group of groups) {
      const route = this.routing.route(group.route);
      if (group.members.length === 0 || route === undefined) removedGroups.push(group.key);
      else rows.push(encodeGroup(group, dueAt(group, route, null)));
    }
    return { groups: rows, removedGroups };
  }
}
