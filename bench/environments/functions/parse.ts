/** A function of Millrace's that decodes every record and parses its value. */
import { lambdaHandler } from '../../../adapters/aws/lambda.js';
import { type CreateFunction, SUCCESS } from '../../../functions/contract.js';
import { FrameCursor } from '../../../streams/record.js';

export const create: CreateFunction = () => ({
  async process(batch) {
    const cursor = new FrameCursor(batch.frames);
    while (cursor.next()) JSON.parse(cursor.bytes.toString('utf8', cursor.valueStart, cursor.valueEnd));
    return SUCCESS;
  },
});
export const handler = lambdaHandler(create);
