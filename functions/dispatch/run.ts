/**
 * One run of `dispatch`: what `notify` took over since the last one goes into groups, then the groups that are due are
 * told. In bounded steps, each of them a commit: a run that dies has done whole steps, and the next one goes on.
 */
import { MillraceError } from '../../common/errors.js';
import type { Delivery } from '../../stores/notifications.js';
import { flush, inQuestion } from './core.js';
import { deliveriesOf } from './delivery.js';
import { decodeGroup, emptyGroup, encodeGroup, type Group, type Member } from './groups.js';
import { Intake } from './intake.js';
import { labelsOf } from './labels.js';
import type { Membership } from './routing.js';
import type { Session } from './session.js';

/** Alerts taken in per commit. */
const ALERTS = 1_000;
/** Groups looked at together. */
const GROUPS = 100;
/** Characters of notifications after which a commit is made. */
const PACK = 4_000_000;

/** Takes alerts in. Returns whether all of them were. */
export async function takeIn(session: Session): Promise<boolean> {
  const { dispatch } = session.platform.stores;
  for (;;) {
    if (session.isLate) return false;
    const entries = await dispatch.inbox(session.cursor, ALERTS);
    if (entries.length === 0) return true;
    const { silences, routing, inhibition, now } = session;
    const told = entries.map(({ alert, passed }) => {
      const labels = labelsOf(alert);
      return {
        alert,
        passed,
        // A run that was due before its process died may come late: what was silenced when the alert came, is.
        silencedBy: silences.of(labels, Math.max(now, alert.changedAt)),
        memberships: routing.memberships(labels),
      };
    });
    const intakes = await open(
      session,
      new Map(told.flatMap(({ memberships }) => memberships.map((one) => [one.key, one]))),
    );
    for (const { alert, passed, silencedBy, memberships } of told) {
      for (const { key } of memberships) intakes.get(key)!.take(alert, passed, silencedBy, now);
      if (!passed) inhibition.note(alert);
    }
    const changed = [...intakes.values()].flatMap(({ changed }) => changed ?? []);
    await session.commit(session.rowsOf(changed), entries.at(-1)!.sequence);
    if (entries.length < ALERTS) return true;
  }
}

async function open(
  { platform, routing }: Session,
  memberships: ReadonlyMap<string, Membership>,
): Promise<ReadonlyMap<string, Intake>> {
  const rows = await platform.stores.dispatch.groups([...memberships.keys()]);
  const stored = new Map(rows.map((row) => [row.key, decodeGroup(row)]));
  const intakes = new Map<string, Intake>();
  for (const [key, { route, labels }] of memberships) {
    const group = stored.get(key) ?? emptyGroup(key, route.key, labels, routing.version);
    intakes.set(key, new Intake(group, route));
  }
  return intakes;
}

/** Tells what is due. Returns whether all of it was. */
export async function tellDue(session: Session): Promise<boolean> {
  const { dispatch } = session.platform.stores;
  for (;;) {
    if (session.isLate) return false;
    const rows = await dispatch.dueGroups(session.now, GROUPS);
    if (rows.length === 0) return true;
    const due = rows.map((row) => ({ group: decodeGroup(row), decidedAt: row.due ?? session.now }));
    const acknowledged = await acknowledgedOf(
      session,
      due.map(({ group }) => group),
    );
    let step = new Step(session);
    for (const { group, decidedAt } of due) {
      step.tell(group, decidedAt, acknowledged);
      if (step.size < PACK) continue;
      await step.commit();
      step = new Step(session);
    }
    await step.commit();
    if (rows.length < GROUPS) return true;
  }
}

/** Groups told in one commit. */
class Step {
  size = 0;
  readonly #session: Session;
  readonly #groups: ReturnType<typeof encodeGroup>[] = [];
  readonly #removed: string[] = [];
  readonly #deliveries: Delivery[] = [];

  constructor(session: Session) {
    this.#session = session;
  }

  tell(group: Group, decidedAt: number, acknowledged: ReadonlySet<string>): void {
    const { config, routing, inhibition, now, platform } = this.#session;
    const route = routing.route(group.route);
    // Groups of routes that are no more were moved before anything is told.
    if (route === undefined) {
      throw new MillraceError(`the notification group ${group.key} has no route`, {
        code: 'DISPATCH_ROUTE_UNKNOWN',
        canRetry: true,
      });
    }
    const isActive = routing.isActive(route, now);
    const told = flush(group, {
      route,
      now,
      isInhibited: (member) => !isActive || inhibition.of(member),
      isAcknowledged: (member) => acknowledged.has(instanceOf(member)),
    });
    if (told.group === null) this.#removed.push(group.key);
    else this.#groups.push(encodeGroup(told.group, told.due));
    for (const notice of told.notices) {
      if (!config.receivers.has(notice.receiver)) {
        platform.log.warn(
          { receiver: notice.receiver, group: group.key, alerts: notice.members.length },
          'a receiver that was told of alerts is no more: it is not told their end',
        );
      }
      for (const delivery of deliveriesOf(group, notice, config, decidedAt, now)) {
        this.size += delivery.notification.length;
        this.#deliveries.push(delivery);
      }
    }
  }

  async commit(): Promise<void> {
    const [groups, removedGroups, deliveries] = [this.#groups, this.#removed, this.#deliveries];
    await this.#session.commit({ groups, removedGroups, deliveries });
  }
}

async function acknowledgedOf(session: Session, groups: readonly Group[]): Promise<ReadonlySet<string>> {
  const { routing, now, platform } = session;
  const members = groups.flatMap((group) => {
    const route = routing.route(group.route);
    return route === undefined ? [] : inQuestion(group, route, now);
  });
  if (members.length === 0) return new Set();
  const fingerprints = [...new Set(members.map(({ alert }) => alert.fingerprint))];
  const found = await platform.stores.operations.acknowledgements(fingerprints);
  return new Set(found.map(({ fingerprint, startsAt }) => `${fingerprint} ${startsAt}`));
}

function instanceOf({ alert }: Member): string {
  return `${alert.fingerprint} ${alert.startsAt}`;
}
