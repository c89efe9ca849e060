/**
 * Runs kinesalite on loopback: `node kinesalite-launcher.cjs FOLDER PORT`, where FOLDER has it in its node_modules.
 *
 * One thing is put right: kinesalite never answers a GetShardIterator AT_TIMESTAMP for a time after a shard's last
 * record. Kinesis answers with the shard's tip, and so does this.
 */
const { createRequire } = require('node:module');
const { join } = require('node:path');

const [folder, port] = process.argv.slice(2);
const requireThere = createRequire(join(folder, 'package.json'));
const db = requireThere('kinesalite/db');
const path = requireThere.resolve('kinesalite/actions/getShardIterator');
const original = requireThere(path);

requireThere.cache[path].exports = function getShardIterator(store, data, answer) {
  if (data.ShardIteratorType !== 'AT_TIMESTAMP' || data.Timestamp * 1000 > Date.now()) {
    return original(store, data, answer);
  }
  store.getStream(data.StreamName, (error) => {
    if (error) return answer(error);
    const { shardIx } = db.resolveShardId(data.ShardId);
    const range = { gt: db.shardIxToHex(shardIx), lt: db.shardIxToHex(shardIx + 1) };
    let found;
    const { Timestamp, ...rest } = data;
    const records = store.getStreamDb(data.StreamName).createReadStream(range);
    records.on('data', ({ key, value }) => {
      if (found === undefined && value.ApproximateArrivalTimestamp >= Timestamp) found = key.split('/')[1];
    });
    records.once('error', answer);
    records.once('end', () => {
      const at = found === undefined
        ? { ShardIteratorType: 'LATEST' }
        : { ShardIteratorType: 'AT_SEQUENCE_NUMBER', StartingSequenceNumber: found };
      original(store, { ...rest, ...at }, answer);
    });
  });
};

const kinesalite = requireThere('kinesalite');
const options = { createStreamMs: 50, deleteStreamMs: 50, updateStreamMs: 50, shardLimit: 1000 };
kinesalite(options).listen(Number(port), '127.0.0.1');
