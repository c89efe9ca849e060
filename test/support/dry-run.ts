/**
 * A scenario without a backend: what its devices publish, in order, through the real functions `validate` and `alert`
 * on stores in memory. Every publish arrives the moment it is due.
 */
import { create as createAlert } from '../../functions/alert/handler.js';
import { create as createValidate } from '../../functions/validate/handler.js';
import type { Publish } from '../../simulators/plan/action.js';
import type { Judge } from '../../simulators/plan/payload.js';
import { planOf } from '../../simulators/plan/plan.js';
import type { Scenario } from '../../simulators/scenario/scenario.js';
import type { Alert } from '../../stores/alerts.js';
import { batchOf, type TestRecord, tick } from './batches.js';
import { invocation, memoryPlatform } from './platform.js';

export interface DryRun {
  readonly events: number;
  readonly connects: number;
  /** As the functions told and refused. */
  readonly alerts: readonly Alert[];
  readonly refused: number;
  /** What the plan says, by verdict. */
  readonly verdicts: Readonly<Record<string, number>>;
}

/** Of a batch. */
const RECORDS = 2_000;
const TICK_MS = 1_000;

/** @param start epoch ms of scenario time 0, and of the clock on the wall then */
export async function dryRun(scenario: Scenario, start: number, judge: Judge): Promise<DryRun> {
  const plan = planOf(scenario, start, judge);
  const publishes: { readonly deviceId: string; readonly publish: Publish }[] = [];
  let connects = 0;
  for (const device of plan.devices) {
    for (const action of device.actions()) {
      if (action.kind === 'connect') connects++;
      if (action.kind === 'publish') publishes.push({ deviceId: device.deviceId, publish: action });
    }
  }
  publishes.sort((a, b) => a.publish.at - b.publish.at);
  // The present is when the scenario ends, as in a run.
  const begin = start + plan.duration - plan.duration / plan.speed;
  const records: TestRecord[] = [];
  let ticked = begin;
  for (const { deviceId, publish } of publishes) {
    const arrivalTime = Math.round(begin + publish.at / plan.speed);
    for (; ticked <= arrivalTime; ticked += TICK_MS) records.push(tick(ticked));
    records.push({ arrivalTime, key: deviceId, payload: publish.payload });
  }
  const platform = memoryPlatform();
  const functions = await Promise.all([createAlert(platform), createValidate(platform)]);
  for (let from = 0; from < records.length; from += RECORDS) {
    const batch = batchOf(records, from, Math.min(records.length, from + RECORDS));
    for (const { process } of functions) await process!(batch, invocation());
  }
  return {
    events: publishes.length,
    connects,
    alerts: (platform.appended.alerts ?? []).map(
      ({ value }) => JSON.parse(Buffer.from(value).toString()) as Alert,
    ),
    refused: (await platform.stores.validation.tally(0))?.quarantined ?? 0,
    verdicts: countOf(publishes.map(({ publish }) => publish.report.verdict)),
  };
}

export function countOf(values: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const value of values) counts[value] = (counts[value] ?? 0) + 1;
  return counts;
}
