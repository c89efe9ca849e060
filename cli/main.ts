#!/usr/bin/env node
/** The `millrace` command. */
import { Command } from 'commander';
import { registerAggregations } from './aggregations.js';
import { registerBill } from './bill.js';
import { registerDev } from './dev.js';
import { reportAndExit } from './failure.js';
import { registerFunctions } from './functions.js';
import { registerInvoke } from './invoke.js';
import { outliveReaders } from './output.js';
import { registerRebuild } from './rebuild-windows.js';
import { registerRecord } from './record.js';
import { registerReplay } from './replay.js';
import { registerReport } from './report.js';
import { registerScenarios } from './scenarios.js';
import { registerSimulate } from './simulate.js';
import { registerStart } from './start.js';
import { version } from './version.js';

outliveReaders([process.stdout, process.stderr]);
const program = new Command('millrace')
  .description('A portable serverless backend for IoT telemetry')
  // Without the usual -V, which is the version of MQTT to whoever simulates.
  .version(version(), '--version')
  .showHelpAfterError();
registerStart(program);
registerDev(program);
registerSimulate(program);
registerScenarios(program);
registerReport(program);
registerRebuild(program);
registerRecord(program);
registerReplay(program);
registerBill(program);
registerInvoke(program);
registerFunctions(program);
registerAggregations(program);

program.parseAsync().catch(reportAndExit);
