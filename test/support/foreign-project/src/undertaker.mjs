import { createRequire } from 'node:module';

const { tell } = createRequire(import.meta.url)('./tell.js');

export async function handler(event) {
  for (const { body, eventSource } of event.Records) {
    const { requestContext, KinesisBatchInfo } = JSON.parse(body);
    tell('buried', {
      eventSource,
      condition: requestContext.condition,
      batchSize: KinesisBatchInfo.batchSize,
    });
  }
}
