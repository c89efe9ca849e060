/** The bill of a run, for its page: priced with the settings of the backend that it went to. */
import type { Bill } from '../simulators/bill/bill.js';
import { billOf } from '../simulators/bill/from-result.js';
import { timesFrom } from '../simulators/bill/metrics.js';
import type { RunResult } from '../simulators/result.js';
import { billSettings } from './bill-settings.js';

/** The result with what the backend's own metrics say of its functions; as it was when they cannot be had. */
export async function withFunctionTimes(result: RunResult, http: string): Promise<RunResult> {
  try {
    const response = await fetch(new URL('/metrics', http));
    return response.ok ? { ...result, functionTimes: timesFrom(await response.text()) } : result;
  } catch {
    // The run is over and judged: a backend that is gone by now costs the bill its durations, and nothing else.
    return result;
  }
}

/** Null for a run that sent nothing. @param config serverless.yml of the backend */
export async function billOfRun(result: RunResult, config: string): Promise<Bill | null> {
  if (result.drive.sent === 0) return null;
  return billOf(result, await billSettings(config, process.env));
}
