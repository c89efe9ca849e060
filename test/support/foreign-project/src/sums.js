const { tell, eventOf } = require('./tell');

exports.handler = async (event) => {
  const state = { count: event.state.count ?? 0 };
  state.count += event.Records.filter((record) => eventOf(record).temperature !== undefined).length;
  if (event.isFinalInvokeForWindow) tell('sum', { shard: event.shardId, window: event.window, count: state.count });
  return { state };
};
