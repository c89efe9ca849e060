/** Alerts as spans of time: from when the condition began to hold to when it ceased. */
import type { Alert, Told } from '../../../stores/alerts.js';

/** Times are event times, epoch ms. */
export interface Episode {
  readonly rule: string;
  readonly deviceId: string;
  readonly severity: string;
  readonly startsAt: number;
  /** Null: not before the end of what was looked at. */
  readonly endsAt: number | null;
  /** That it ended is not known: from `endsAt` on nothing came. `until`: when something did again; null: not any more. */
  readonly noData: { readonly until: number | null } | null;
}

type Draft = { -readonly [K in keyof Episode]: Episode[K] };

/** More alerts than this on one side tell nobody anything, and would not fit into memory for ever. */
export const MAX_EPISODES = 200_000;

/** Takes what alerts tell, in their order, and makes episodes of it. */
export class EpisodeLog {
  readonly #episodes: Draft[] = [];
  /** The last one of each rule and device. */
  readonly #current = new Map<string, Draft>();

  get isFull(): boolean {
    return this.#episodes.length >= MAX_EPISODES;
  }

  get episodes(): readonly Episode[] {
    return this.#episodes;
  }

  add({ alert, passed }: Told): void {
    const key = `${alert.rule} ${alert.deviceId}`;
    if (passed) {
      // It is told twice, as an alert that began and as one that is over.
      if (alert.state === 'firing') this.#episodes.push({ ...draftOf(alert), endsAt: alert.startsAt });
      return;
    }
    const current = this.#current.get(key);
    if (alert.state === 'firing') {
      if (current?.noData?.until === null) current.noData = { until: alert.startsAt };
      const begun = draftOf(alert);
      this.#episodes.push(begun);
      this.#current.set(key, begun);
    } else if (current !== undefined) {
      current.endsAt = alert.endsAt;
      if (alert.state === 'nodata') current.noData = { until: null };
      else if (current.noData?.until === null) {
        current.noData = { until: Math.max(alert.endsAt ?? 0, alert.eventTime) };
      }
    }
  }
}

/** Of an alert as the history keeps it, which does not tell about data that came again; null: it never fired. */
export function episodeOf(alert: Alert): Episode | null {
  if (alert.state === 'pending') return null;
  const noData = alert.state === 'nodata' ? { until: null } : null;
  return { ...draftOf(alert), endsAt: alert.endsAt, noData };
}

function draftOf({ rule, deviceId, severity, startsAt }: Alert): Draft {
  return { rule, deviceId, severity, startsAt, endsAt: null, noData: null };
}

/** What is to be seen of an episode in [from, to); undefined: nothing. What lasts beyond `to` has no end. */
export function within(episode: Episode, from: number, to: number): Episode | undefined {
  const { startsAt, endsAt, noData } = episode;
  if (startsAt >= to || (endsAt !== null && endsAt < from)) return undefined;
  if (endsAt !== null && endsAt >= to) return { ...episode, endsAt: null, noData: null };
  if (noData?.until != null && noData.until >= to) return { ...episode, noData: { until: null } };
  return episode;
}

/** ms of it within [from, to). */
export function lengthOf({ startsAt, endsAt }: Episode, from: number, to: number): number {
  return Math.max(0, Math.min(endsAt ?? to, to) - Math.max(startsAt, from));
}

/** Whether they have a moment in common. */
export function overlap(a: Episode, b: Episode): boolean {
  const end = ({ endsAt }: Episode) => endsAt ?? Number.POSITIVE_INFINITY;
  return a.startsAt <= end(b) && b.startsAt <= end(a);
}
