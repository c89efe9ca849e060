/**
 * Reads retained messages by topic filter, within the range of keys that can match. aedes-persistence-level decodes
 * every retained message there is for each subscription: with the presence of 10,000 devices retained, 10,000 devices
 * that come back and subscribe to their commands would take minutes of the event loop.
 */
import { Readable } from 'node:stream';
import persistenceOf from 'aedes-persistence-level';
import type { ClassicLevel } from 'classic-level';

export interface RetainedMessage {
  readonly topic: string;
  readonly payload: Uint8Array;
}

/** How aedes-persistence-level writes its keys. */
const PREFIX = 'retained:';

export interface KeyRange {
  readonly gte: string;
  readonly lt: string;
}

/** In the order of their topics, as they were when the reading began. */
export function retainedMessages(database: ClassicLevel<string, string>, filter: string): Readable {
  const range = keyRange(filter);
  // All that its reading needs of a database.
  const part = { values: (options: object) => database.values({ ...options, ...range }) };
  return persistenceOf(part).createRetainedStream(filter);
}

/** For a subscription to several filters; a message that matches two comes twice. */
export function retainedMessagesOfAll(
  database: ClassicLevel<string, string>,
  filters: readonly string[],
): Readable {
  return Readable.from(each(database, filters));
}

async function* each(database: ClassicLevel<string, string>, filters: readonly string[]) {
  for (const filter of filters) yield* retainedMessages(database, filter);
}

/** Every key whose topic matches the filter lies within. */
export function keyRange(filter: string): KeyRange {
  const wildcard = filter.search(/[+#]/);
  if (wildcard < 0) return { gte: PREFIX + filter, lt: `${PREFIX}${filter}\0` };
  // `a/#` matches `a` as well (MQTT 3.1.1, 4.7.1.2).
  const isParent = filter[wildcard] === '#' && wildcard > 0;
  const literal = filter.slice(0, isParent ? wildcard - 1 : wildcard);
  if (isParent) return { gte: PREFIX + literal, lt: `${PREFIX}${literal}0` };
  // '0' comes behind '/' and ';' behind ':': what both end in.
  return literal === ''
    ? { gte: PREFIX, lt: `${PREFIX.slice(0, -1)};` }
    : { gte: PREFIX + literal, lt: `${PREFIX}${literal.slice(0, -1)}0` };
}
