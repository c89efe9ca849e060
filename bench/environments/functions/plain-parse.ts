/** A plain Lambda handler as everybody writes it: base64, then JSON. */
import type { KinesisStreamEvent } from 'aws-lambda';

export const handler = async (event: KinesisStreamEvent): Promise<void> => {
  for (const { kinesis } of event.Records) JSON.parse(Buffer.from(kinesis.data, 'base64').toString('utf8'));
};
