/**
 * The query function: the HTTP API over the stores, and the status page. It only reads, and keeps nothing.
 */
import { lambdaHandler } from '../../adapters/aws/lambda.js';
import type { CreateFunction } from '../contract.js';
import { createApp } from './app.js';
import { assetFolders, readAssets } from './page.js';
import { rulesOf } from './ruleFiles.js';

export const create: CreateFunction = (platform) => {
  const assets = readAssets(assetFolders(platform.settings.root));
  if (assets.size === 0) platform.log.warn('the status page is not part of this deployment');
  const app = createApp(platform, { assets, rules: rulesOf(platform.settings.root), clock: Date.now });
  return { fetch: async (request) => app.fetch(request) };
};

export const handler = lambdaHandler(create);
