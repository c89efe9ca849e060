/** The telemetry stream of a deployment as what its devices sent: for rules that are tried on it, ticks and all. */
import type { Backtest } from '../../functions/alert/backtest/backtest.js';
import { type Episode, episodeOf } from '../../functions/alert/backtest/episode.js';
import type { AlertStore } from '../../stores/alerts.js';
import { FrameCursor, RecordKind } from '../../streams/record.js';
import type { StreamSource } from '../../streams/stream.js';
import { allRows } from '../rebuild/compare.js';
import { arrivalAt, batchesOf } from '../rebuild/records.js';

export interface StreamOptions {
  readonly source: StreamSource;
  readonly backtest: Backtest;
  /** What arrives from this time on is left out, epoch ms. */
  readonly to: number;
  /** @param share of the records that has been read, 0 to 1 */
  onProgress(share: number): void;
}

export interface StreamFacts {
  readonly records: number;
  /** Older records are no longer in the stream: what went on before this time (epoch ms) is not known. Null: none are. */
  readonly trimmedBefore: number | null;
}

/** Partitions one after the other: alerts of one device depend on nothing in another. */
export async function runStream({ source, backtest, to, onProgress }: StreamOptions): Promise<StreamFacts> {
  const partitions = Array.from({ length: source.partitions }, (_, partition) => partition);
  const ends = await Promise.all(
    partitions.map(async (partition) => {
      const { start, end } = source.ends(partition);
      return { partition, start, end: Number.isFinite(to) ? await source.offsetAt(partition, to) : end };
    }),
  );
  const all = ends.reduce((sum, { start, end }) => sum + Math.max(0, Number(end - start)), 0);
  let records = 0;
  let trimmedBefore: number | null = null;
  for (const { partition, start, end } of ends) {
    if (start > 0n) {
      const first = await arrivalAt(source, partition, start);
      if (first !== undefined) trimmedBefore = Math.max(trimmedBefore ?? first, first);
    }
    await backtest.begin();
    for await (const batch of batchesOf(source, partition, { from: start, to: end, deviceId: null })) {
      const cursor = new FrameCursor(batch.frames);
      while (cursor.next()) {
        if (cursor.kind === RecordKind.tick) await backtest.tick(cursor.arrivalTime);
        else await backtest.event(cursor.key(), Buffer.from(cursor.value()), cursor.arrivalTime);
      }
      records += batch.count;
      onProgress(all === 0 ? 1 : Math.min(1, records / all));
    }
    await backtest.end(to);
  }
  return { records, trimmedBefore };
}

/** The history of alerts: what has fired. @param without alerts of these rules */
export async function recordedEpisodes(alerts: AlertStore, without: ReadonlySet<string>): Promise<Episode[]> {
  const episodes: Episode[] = [];
  for await (const alert of allRows((page) => alerts.alerts({}, page))) {
    const episode = episodeOf(alert);
    if (episode !== null && !without.has(episode.rule)) episodes.push(episode);
  }
  return episodes;
}
