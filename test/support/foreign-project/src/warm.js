const { tell, eventOf } = require('./tell');

exports.handler = async (event, context) => {
  for (const record of event.Records) {
    tell('warm', {
      device: record.kinesis.partitionKey,
      temperature: eventOf(record).temperature,
      source: record.eventSource,
      function: context.functionName,
      memory: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    });
  }
};
