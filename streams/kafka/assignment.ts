/**
 * Who of a consumer group works on which partitions: pure. As even as can be, and moving as little as can be. A
 * partition that moves is left out until its owner has said that it gave it back (Kafka's cooperative rebalancing):
 * the others go on meanwhile.
 *
 * Messages as in Kafka's consumer protocol, so that Kafka's tools show who owns what.
 * Sources: KIP-429; clients/src/main/resources/common/message/ConsumerProtocol{Subscription,Assignment}.json.
 */
import { Reader, Writer } from '@platformatic/kafka';

export interface GroupMember {
  readonly id: string;
  /** Partitions that it says it has, as of `generation`. */
  readonly owned: readonly number[];
  readonly generation: number;
}

const VERSION = 2;

/** Partitions by member id. */
export function assign(members: readonly GroupMember[], partitions: number): Map<string, number[]> {
  const sorted = [...members].sort((a, b) => (a.id < b.id ? -1 : 1));
  const owners = ownersOf(sorted, partitions);
  const target = new Map<string, number[]>(sorted.map(({ id }) => [id, []]));
  if (sorted.length === 0) return target;
  const least = Math.floor(partitions / sorted.length);
  let larger = partitions % sorted.length;
  const free: number[] = [];
  const owned = new Map<string, number[]>(sorted.map(({ id }) => [id, []]));
  for (let partition = 0; partition < partitions; partition++) {
    const owner = owners[partition];
    if (owner === undefined) free.push(partition);
    else owned.get(owner)!.push(partition);
  }
  // Those who have most keep the odd ones.
  for (const { id } of [...sorted].sort((a, b) => owned.get(b.id)!.length - owned.get(a.id)!.length)) {
    const mine = owned.get(id)!;
    const room = mine.length > least && larger > 0 ? least + 1 : least;
    if (room > least) larger--;
    target.set(id, mine.slice(0, room));
    free.push(...mine.slice(room));
  }
  free.sort((a, b) => a - b);
  const byLoad = () => sorted.reduce((a, b) => (target.get(b.id)!.length < target.get(a.id)!.length ? b : a));
  for (const partition of free) {
    const { id } = byLoad();
    // Still somebody's: it counts for the new one, who gets it when it was given back.
    target.get(id)!.push(partition);
  }
  for (const [id, mine] of target) {
    target.set(
      id,
      mine
        .filter((partition) => owners[partition] === undefined || owners[partition] === id)
        .sort((a, b) => a - b),
    );
  }
  return target;
}

/** Of two that claim a partition, the one that heard from the group later has it. */
function ownersOf(members: readonly GroupMember[], partitions: number): (string | undefined)[] {
  const owners: (GroupMember | undefined)[] = Array.from({ length: partitions });
  for (const member of members) {
    for (const partition of member.owned) {
      if (partition >= partitions) continue;
      const other = owners[partition];
      if (other === undefined || other.generation < member.generation) owners[partition] = member;
    }
  }
  return owners.map((owner) => owner?.id);
}

export function subscriptionBytes(topic: string, owned: readonly number[], generation: number): Buffer {
  return Writer.create()
    .appendInt16(VERSION)
    .appendArray([topic], (w, name) => w.appendString(name, false), false, false)
    .appendBytes(null, false)
    .appendArray([topic], (w, name) => partitionsOf(w, name, owned), false, false)
    .appendInt32(generation).buffer;
}

export function memberOf(id: string, topic: string, metadata: Buffer): GroupMember {
  const reader = Reader.from(metadata);
  const version = reader.readInt16();
  reader.readArray((r) => r.readString(false), false, false);
  reader.readNullableBytes(false);
  const topics = version >= 1 ? reader.readArray(readPartitions, false, false) : [];
  const generation = version >= 2 ? reader.readInt32() : -1;
  return { id, owned: topics.find(({ name }) => name === topic)?.partitions ?? [], generation };
}

export function assignmentBytes(topic: string, partitions: readonly number[]): Buffer {
  return Writer.create()
    .appendInt16(VERSION)
    .appendArray([topic], (w, name) => partitionsOf(w, name, partitions), false, false)
    .appendBytes(null, false).buffer;
}

export function assignedIn(topic: string, bytes: Buffer): number[] {
  if (bytes.length === 0) return [];
  const reader = Reader.from(bytes);
  reader.readInt16();
  const topics = reader.readArray(readPartitions, false, false);
  return topics.find(({ name }) => name === topic)?.partitions ?? [];
}

function partitionsOf(writer: Writer, topic: string, partitions: readonly number[]): void {
  writer
    .appendString(topic, false)
    .appendArray([...partitions], (w, partition) => w.appendInt32(partition), false, false);
}

function readPartitions(reader: Reader): { name: string; partitions: number[] } {
  return { name: reader.readString(false), partitions: reader.readArray((r) => r.readInt32(), false, false) };
}
