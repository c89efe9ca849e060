/**
 * `operate`: what operators do about alerts (acknowledge, comment, silence) and dead letters (redrive), over HTTP. It
 * changes what is notified, never what rules decide; every act is in the trail. What it changed is read by `query`.
 */
import { randomUUID } from 'node:crypto';
import { lambdaHandler } from '../../adapters/aws/lambda.js';
import type { CreateFunction } from '../contract.js';
import { createApp } from './app.js';

export const create: CreateFunction = (platform) => {
  const app = createApp(platform, { clock: Date.now, newId: randomUUID });
  return { fetch: async (request) => app.fetch(request) };
};

export const handler = lambdaHandler(create);
