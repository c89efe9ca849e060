/** A function of Millrace's that does nothing with its batch: what is measured is the way to it. */
import { lambdaHandler } from '../../../adapters/aws/lambda.js';
import { type CreateFunction, SUCCESS } from '../../../functions/contract.js';

export const create: CreateFunction = () => ({ process: async () => SUCCESS });
export const handler = lambdaHandler(create);
