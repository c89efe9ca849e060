/** What two sets of rules make of the same data: alerts of one beside those of the other, per rule and device. */
import { type Episode, lengthOf, overlap, within } from './episode.js';

/** `same`: on both sides from and to the same moment. `changed`: on both sides, begun or ended at another one. */
export type Found = 'same' | 'changed' | 'before' | 'after';

export interface Pair {
  readonly found: Found;
  /** Null: there is none. */
  readonly before: Episode | null;
  readonly after: Episode | null;
}

/** One rule and device. */
export interface Row {
  readonly rule: string;
  readonly deviceId: string;
  readonly severity: string;
  /** In order of time. */
  readonly pairs: readonly Pair[];
}

export interface Totals {
  readonly alerts: number;
  readonly devices: number;
  /** Of all alerts together. */
  readonly alertingMinutes: number;
  readonly alertsPerDay: number;
}

export interface Difference {
  /** By rule and device. */
  readonly rows: readonly Row[];
  readonly counts: Readonly<Record<Found, number>>;
  /** Null: nothing to compare with. */
  readonly before: Totals | null;
  readonly after: Totals;
}

export interface Span {
  /** Epoch ms. */
  readonly from: number;
  /** Exclusive. */
  readonly to: number;
}

const DAY = 86_400_000;

/** @param before null: there is nothing to compare with, and all of `after` counts as the same */
export function compareEpisodes(
  before: readonly Episode[] | null,
  after: readonly Episode[],
  span: Span,
): Difference {
  const { from, to } = span;
  const seen = (episodes: readonly Episode[]) => episodes.flatMap((one) => within(one, from, to) ?? []);
  const [was, is] = [before === null ? null : seen(before), seen(after)];
  const groups = new Map<string, { before: Episode[]; after: Episode[] }>();
  const group = (episode: Episode) => {
    const key = JSON.stringify([episode.rule, episode.deviceId]);
    let known = groups.get(key);
    if (known === undefined) {
      known = { before: [], after: [] };
      groups.set(key, known);
    }
    return known;
  };
  for (const episode of was ?? []) group(episode).before.push(episode);
  for (const episode of is) group(episode).after.push(episode);
  const counts = { same: 0, changed: 0, before: 0, after: 0 };
  const rows = [...groups.values()].map((of): Row => {
    const pairs =
      was === null
        ? inOrder(of.after).map((episode): Pair => ({ found: 'same', before: null, after: episode }))
        : pairsOf(inOrder(of.before), inOrder(of.after));
    for (const { found } of pairs) counts[found]++;
    const { rule, deviceId, severity } = (of.after[0] ?? of.before[0])!;
    return { rule, deviceId, severity, pairs };
  });
  rows.sort((a, b) => compareText(a.rule, b.rule) || compareText(a.deviceId, b.deviceId));
  return { rows, counts, before: was === null ? null : totalsOf(was, span), after: totalsOf(is, span) };
}

export function totalsOf(episodes: readonly Episode[], { from, to }: Span): Totals {
  const ms = episodes.reduce((sum, episode) => sum + lengthOf(episode, from, to), 0);
  return {
    alerts: episodes.length,
    devices: new Set(episodes.map(({ deviceId }) => deviceId)).size,
    alertingMinutes: ms / 60_000,
    alertsPerDay: to > from ? episodes.length / ((to - from) / DAY) : 0,
  };
}

/** Both in order of time. Those that begin together belong together; then those that overlap, each with one other. */
function pairsOf(before: readonly Episode[], after: readonly Episode[]): Pair[] {
  const partner = new Map<Episode, Episode>();
  const taken = new Set<Episode>();
  const join = (old: Episode, now: Episode) => {
    partner.set(old, now);
    taken.add(now);
  };
  const byStart = new Map(after.map((episode) => [episode.startsAt, episode]));
  for (const old of before) {
    const now = byStart.get(old.startsAt);
    if (now !== undefined && !taken.has(now)) join(old, now);
  }
  let first = 0;
  for (const old of before) {
    if (partner.has(old)) continue;
    // Both are in order: what ended before this one began is of no use to any later one either.
    while (first < after.length && (after[first]!.endsAt ?? Number.POSITIVE_INFINITY) < old.startsAt) first++;
    for (
      let index = first;
      index < after.length && after[index]!.startsAt <= (old.endsAt ?? Number.POSITIVE_INFINITY);
      index++
    ) {
      const now = after[index]!;
      if (taken.has(now) || !overlap(old, now)) continue;
      join(old, now);
      break;
    }
  }
  const pairs: Pair[] = before.map((old) => {
    const now = partner.get(old) ?? null;
    if (now === null) return { found: 'before', before: old, after: null };
    const same = old.startsAt === now.startsAt && old.endsAt === now.endsAt;
    return { found: same ? 'same' : 'changed', before: old, after: now };
  });
  for (const now of after) if (!taken.has(now)) pairs.push({ found: 'after', before: null, after: now });
  return pairs.sort((a, b) => startOf(a) - startOf(b));
}

/**
 * Leaves out what began before the data did: what is known of it on one side only, and what the other side has instead.
 */
export function sinceBegin(
  before: readonly Episode[],
  after: readonly Episode[],
  begin: number,
): { readonly before: Episode[]; readonly after: Episode[]; readonly left: number } {
  const early = before.filter(({ startsAt }) => startsAt < begin);
  const isInstead = (episode: Episode) =>
    early.some(
      (one) => one.rule === episode.rule && one.deviceId === episode.deviceId && overlap(one, episode),
    );
  return {
    before: before.filter(({ startsAt }) => startsAt >= begin),
    after: early.length === 0 ? [...after] : after.filter((episode) => !isInstead(episode)),
    left: early.length,
  };
}

function startOf({ before, after }: Pair): number {
  return Math.min(before?.startsAt ?? Number.POSITIVE_INFINITY, after?.startsAt ?? Number.POSITIVE_INFINITY);
}

function inOrder(episodes: readonly Episode[]): Episode[] {
  return [...episodes].sort((a, b) => a.startsAt - b.startsAt);
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
