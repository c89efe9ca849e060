/**
 * Goes through all groups: after silences began or ended, after the routes changed, and to learn what inhibits. In pages,
 * each a commit of its own; done twice it does nothing the second time.
 */
import { decodeGroup, type Group } from './groups.js';
import type { Labels } from './labels.js';
import { isGroup } from './mark.js';
import { keysAfter, reroute, reviewSilences } from './review.js';
import type { Session } from './session.js';

const PAGE = 100;

/** Returns whether it came to the end. */
export async function sweep(session: Session): Promise<boolean> {
  const { dispatch } = session.platform.stores;
  let cursor: string | null = null;
  do {
    if (session.isLate) return false;
    const page = await dispatch.allGroups({ limit: PAGE, cursor });
    const groups = page.items.filter(isGroup).map(decodeGroup);
    for (const { alert } of groups.flatMap(({ members }) => members))
      if (alert.state === 'firing') session.inhibition.note(alert);
    await session.commit(session.rowsOf(await reviewed(groups, session)));
    cursor = page.next;
  } while (cursor !== null);
  return true;
}

/** Those that are different. */
async function reviewed(groups: readonly Group[], session: Session): Promise<readonly Group[]> {
  const { routing, silences, now, platform } = session;
  const before = new Map(groups.map((group) => [group.key, group]));
  const outdated = groups.filter((group) => group.routing !== routing.version);
  const others = new Set(outdated.flatMap((group) => keysAfter(group, routing)));
  const missing = [...others].filter((key) => !before.has(key));
  for (const row of await platform.stores.dispatch.groups(missing)) before.set(row.key, decodeGroup(row));

  const after = new Map<string, Group>();
  const find = (key: string) => after.get(key) ?? before.get(key);
  for (const { key } of outdated) {
    for (const group of reroute(find(key)!, routing, find, now)) after.set(group.key, group);
  }
  const silencedBy = (labels: Labels) => silences.of(labels, now);
  for (const group of new Map([...before, ...after]).values()) {
    const held = reviewSilences(group, silencedBy, now);
    if (held !== before.get(group.key)) after.set(group.key, held);
  }
  return [...after.values()];
}

/** There are no receivers: nobody is to be told anything of what was under way. */
export async function forget({ stores, log }: Session['platform']): Promise<void> {
  const { dispatch } = stores;
  let from = await dispatch.cursor();
  let forgotten = 0;
  for (;;) {
    const { items } = await dispatch.allGroups({ limit: PAGE, cursor: null });
    // What waits goes as well: when there are receivers again, it may long be over.
    const entries = await dispatch.inbox(from, PAGE);
    if (items.length === 0 && entries.length === 0) break;
    forgotten += items.filter(isGroup).length;
    const cursor = entries.at(-1)?.sequence ?? from;
    const removedGroups = items.map(({ key }) => key);
    await dispatch.commit({ cursor, from, groups: [], removedGroups, deliveries: [] });
    from = cursor;
  }
  if (forgotten > 0) {
    log.warn({ groups: forgotten }, 'there is no notifications.yml: notification groups are forgotten');
  }
}
