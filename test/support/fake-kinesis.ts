/**
 * Kinesis in memory, which does what no emulator can be made to do: it refuses records in the middle of a request, loses
 * answers, throttles, lets iterators expire, answers with nothing although there is more, and forgets old records.
 */
import { MillraceError } from '../../common/errors.js';
import type {
  IteratorPosition,
  KinesisApi,
  KinesisRecord,
  PutEntry,
  PutOutcome,
  Shard,
} from '../../streams/kinesis/api.js';
import { kinesisError } from '../../streams/kinesis/errors.js';

interface FakeShard {
  readonly shard: Shard;
  records: KinesisRecord[];
  isClosed: boolean;
}

const HASHES = 1n << 128n;

export class FakeKinesis implements KinesisApi {
  readonly shardsById = new Map<string, FakeShard>();
  readonly requests: (readonly PutEntry[])[] = [];
  /** Of each record put: the name of an error, or undefined to take it. */
  refuse: (entry: PutEntry) => string | undefined = () => undefined;
  /** Of each call: the name of an error, or undefined to answer. */
  fail: (method: string) => string | undefined = () => undefined;
  /** Throws away the answer of a put that was carried out. */
  loseAnswer: () => boolean = () => false;
  /** GetRecords answers with so many records at the most. */
  pageSize = 10_000;
  /** Calls by method. */
  readonly calls: Record<string, number> = {};
  now = 1_700_000_000_000;
  retentionHours = 24;
  #sequence = 16n;
  #iterators = new Map<string, { shardId: string; from: bigint }>();
  #shards = 0;
  #iteratorNumber = 0;

  constructor(shards: number) {
    for (let i = 0; i < shards; i++) {
      this.addShard((BigInt(i) * HASHES) / BigInt(shards), (BigInt(i + 1) * HASHES) / BigInt(shards) - 1n);
    }
  }

  addShard(firstHash: bigint, lastHash: bigint, parents: readonly number[] = []): Shard {
    const number = this.#shards++;
    const id = `shardId-${String(number).padStart(12, '0')}`;
    const start = this.#next();
    const shard: Shard = { id, number, parents, firstHash, lastHash, start, isClosed: false };
    this.shardsById.set(id, { shard, records: [], isClosed: false });
    return shard;
  }

  split(number: number): void {
    const { shard } = this.#close(number);
    const middle = (shard.firstHash + shard.lastHash) / 2n;
    this.addShard(shard.firstHash, middle, [number]);
    this.addShard(middle + 1n, shard.lastHash, [number]);
  }

  expireIterators(): void {
    this.#iterators.clear();
  }

  /** Values in the order in which they are in the shards. */
  stored(): KinesisRecord[] {
    return [...this.shardsById.values()]
      .flatMap(({ records }) => records)
      .sort((a, b) => (a.sequence < b.sequence ? -1 : 1));
  }

  /** Retention removes the shard's first records. */
  forget(number: number, count: number): void {
    this.#shard(number).records.splice(0, count);
  }

  async describe() {
    this.#called('describe');
    const openShards = [...this.shardsById.values()].filter(({ isClosed }) => !isClosed).length;
    return { status: 'ACTIVE', openShards, retentionHours: this.retentionHours };
  }

  async create() {}

  async raiseRetention(_: string, hours: number) {
    this.retentionHours = hours;
  }

  async shards() {
    this.#called('shards');
    return [...this.shardsById.values()].map(({ shard, isClosed }) => ({ ...shard, isClosed }));
  }

  async put(_: string, entries: readonly PutEntry[]): Promise<PutOutcome[]> {
    this.#called('put');
    this.requests.push([...entries]);
    const outcomes = entries.map((entry): PutOutcome => {
      const code = this.refuse(entry);
      if (code !== undefined) return { code, message: 'refused' };
      const shard = [...this.shardsById.values()].find(
        ({ shard, isClosed }) =>
          !isClosed && entry.hashKey >= shard.firstHash && entry.hashKey <= shard.lastHash,
      )!;
      const sequence = this.#next();
      const { partitionKey, data } = entry;
      shard.records.push({ sequence, partitionKey, arrival: this.now, data });
      return { shardId: shard.shard.id, sequence };
    });
    await new Promise((resolve) => setImmediate(resolve));
    if (this.loseAnswer())
      throw kinesisError('appending', Object.assign(new Error('lost'), { code: 'ECONNRESET' }));
    return outcomes;
  }

  async iterator(_: string, shardId: string, position: IteratorPosition) {
    this.#called('iterator');
    const { records } = this.shardsById.get(shardId)!;
    switch (position.type) {
      case 'TRIM_HORIZON':
        return this.#iterator(shardId, 0n);
      case 'AT_TIMESTAMP':
        return this.#iterator(
          shardId,
          records.find(({ arrival }) => arrival >= position.time)?.sequence ?? this.#sequence,
        );
      default: {
        // Only whole multiples were ever given out, with Kinesis' version in the low four bits.
        if ((position.sequence & 15n) !== 2n)
          throw kinesisError('iterator', named('InvalidArgumentException'));
        const isAfter = position.type === 'AFTER_SEQUENCE_NUMBER';
        return this.#iterator(shardId, position.sequence + (isAfter ? 1n : 0n));
      }
    }
  }

  async records(iterator: string, limit: number) {
    this.#called('records');
    const place = this.#iterators.get(iterator);
    if (place === undefined) throw kinesisError('records', named('ExpiredIteratorException'));
    const { records, isClosed } = this.shardsById.get(place.shardId)!;
    const left = records.filter(({ sequence }) => sequence >= place.from);
    const page = left.slice(0, Math.min(limit, this.pageSize));
    const last = page.at(-1);
    const isAll = page.length === left.length;
    const from = last === undefined ? place.from : last.sequence + 1n;
    return {
      records: page,
      next: isClosed && isAll ? null : this.#iterator(place.shardId, from),
      behindMs: isAll ? 0 : Math.max(1, (left.at(-1)?.arrival ?? 0) - (last?.arrival ?? 0)),
    };
  }

  close() {}

  #called(method: string): void {
    this.calls[method] = (this.calls[method] ?? 0) + 1;
    const name = this.fail(method);
    if (name !== undefined) throw kinesisError(method, named(name));
  }

  #close(number: number): FakeShard {
    const found = this.#shard(number);
    found.isClosed = true;
    return found;
  }

  #shard(number: number): FakeShard {
    const found = [...this.shardsById.values()].find(({ shard }) => shard.number === number);
    if (found === undefined) throw new MillraceError(`no shard ${number}`, { code: 'TEST' });
    return found;
  }

  #iterator(shardId: string, from: bigint): string {
    const name = `iterator-${++this.#iteratorNumber}`;
    this.#iterators.set(name, { shardId, from });
    return name;
  }

  #next(): bigint {
    this.#sequence += 48n;
    return this.#sequence - (this.#sequence & 15n) + 2n;
  }
}

function named(name: string): Error {
  return Object.assign(new Error(name), { name });
}
