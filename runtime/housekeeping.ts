/** What a deployment does by itself at intervals: pace publishers, trim streams. */
import type { Logger } from 'pino';
import { type Pacer, type Progress, SAMPLE_MS } from '../gateway/pacer.js';
import type { Stream } from '../streams/stream.js';
import type { Functions } from './functions.js';
import type { Mapping } from './mappings/mapping.js';

export interface HousekeepingOptions {
  readonly streams: ReadonlyMap<string, Stream>;
  /** Those in effect. */
  readonly functions: () => Functions;
  readonly pacer: Pacer;
  readonly log: Logger;
}

const TRIM_MS = 10_000;

/** Returns how to stop it. */
export function housekeeping({ streams, functions, pacer, log }: HousekeepingOptions): () => void {
  const progressOf = (mapping: Mapping): Progress => {
    const stream = streams.get(mapping.stream)!;
    if (stream.isSparse === true) return agedProgress(mapping, stream);
    let finished = 0n;
    let stored = 0n;
    for (const [partition, next] of mapping.positions()) {
      finished += next;
      stored += stream.ends(partition).end;
    }
    return { name: mapping.functionName, finished, stored, windowMs: mapping.batchWindowMs };
  };
  const sampler = setInterval(() => {
    pacer.sample(
      performance.now(),
      functions()
        .mappings.filter(({ failing }) => failing === null)
        .map(progressOf),
    );
  }, SAMPLE_MS);

  const trimmer = setInterval(() => {
    for (const stream of streams.values()) {
      stream.trim(unfinished(stream, functions().mappings), Date.now()).catch((error: unknown) => {
        log.error({ stream: stream.name, err: error }, 'cannot trim the stream');
      });
    }
  }, TRIM_MS);

  return () => {
    clearInterval(sampler);
    clearInterval(trimmer);
  };
}

/** Where differences between offsets are no numbers: what was finished is counted, and the lag is a record's age. */
function agedProgress(mapping: Mapping, { delayMs = 0 }: Stream): Progress {
  const { records, filtered, discarded } = mapping.stats;
  return {
    name: mapping.functionName,
    finished: BigInt(records + filtered + discarded),
    stored: null,
    ageMs: Math.max(0, ...mapping.lanes().map(({ iteratorAgeMs }) => iteratorAgeMs)),
    windowMs: mapping.batchWindowMs + delayMs,
  };
}

/** By partition, the lowest offset that an enabled function has not finished. */
function unfinished(stream: Stream, mappings: readonly Mapping[]): bigint[] {
  const readers = mappings
    .filter((mapping) => mapping.stream === stream.name)
    .map((mapping) => mapping.positions());
  return Array.from({ length: stream.partitions }, (_, partition) => {
    let lowest = stream.ends(partition).end;
    for (const positions of readers) {
      const next = positions.get(partition);
      if (next !== undefined && next < lowest) lowest = next;
    }
    return lowest;
  });
}
