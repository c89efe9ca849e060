// Where the functions leave what they saw: one JSON document a line.
const { appendFileSync } = require('node:fs');

exports.tell = (what, details) => {
  appendFileSync(process.env.TOLD, `${JSON.stringify({ what, ...details })}\n`);
};

exports.eventOf = (record) => JSON.parse(Buffer.from(record.kinesis.data, 'base64').toString('utf8'));
