/** What a simulation has to know of the backend's project: its schemas, windows, lateness, ticks and alert rules. */
import { join } from 'node:path';
import { loadManifest } from '../runtime/manifest/load.js';
import type { Manifest } from '../runtime/manifest/manifest.js';
import { parseSchedule } from '../runtime/schedules/schedule.js';
import { schemaJudge } from '../simulators/oracle/judge.js';
import { type BackendSettings, rulesOf, USUAL_BACKEND } from '../simulators/oracle/settings.js';
import type { Judge } from '../simulators/plan/payload.js';

export interface BackendProject {
  readonly settings: BackendSettings;
  readonly judge: Judge;
}

/** The function that appends the time to the streams. */
const TICK = 'tick';

/** @param file serverless.yml of the backend. Throws `MANIFEST_INVALID`, `RULES_INVALID`. */
export async function backendProject(file: string): Promise<BackendProject> {
  const manifest = await loadManifest(file, process.env);
  const { root, settings } = manifest;
  return {
    settings: {
      aggregate: settings.aggregate,
      events: settings.events,
      tickMs: tickMs(manifest),
      rules: rulesOf(join(root, 'rules')),
    },
    judge: schemaJudge(join(root, 'schemas')),
  };
}

function tickMs({ functions }: Manifest): number {
  const triggers = functions.find(({ name }) => name === TICK)?.triggers ?? [];
  const intervals = triggers.flatMap((trigger) => {
    if (trigger.type !== 'schedule' || !trigger.enabled) return [];
    const schedule = parseSchedule(trigger.expression, 0, { seconds: true, timezone: trigger.timezone });
    const first = schedule.next(0);
    const second = first === undefined ? undefined : schedule.next(first);
    return second === undefined ? [] : [second - first!];
  });
  return intervals.length === 0 ? USUAL_BACKEND.tickMs : Math.min(...intervals);
}
