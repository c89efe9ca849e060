'use strict';
// The Kinesis example of a hundred tutorials.
exports.handler = async (event, context) => {
  const readings = event.Records.map((record) => ({
    id: record.eventID,
    device: record.kinesis.partitionKey,
    payload: JSON.parse(Buffer.from(record.kinesis.data, 'base64').toString('utf-8')),
  }));
  console.log('Received %d records', readings.length);
  if (readings.some(({ payload }) => payload.poison)) throw new TypeError('cannot digest this');
  return { batchItemFailures: readings.filter((r) => r.payload.fail).map((r) => ({ itemIdentifier: r.id.split(':')[1] })) };
};

exports.identify = async (event, context) => ({ event, context, remaining: context.getRemainingTimeInMillis() });
