const { tell, eventOf } = require('./tell');

exports.handler = (event, _context, callback) => {
  const bad = event.Records.find((record) => eventOf(record).temperature === 13);
  if (bad !== undefined) return callback(new Error('thirteen'));
  for (const record of event.Records) tell('choosy', { temperature: eventOf(record).temperature });
  return callback(null, 'done');
};
