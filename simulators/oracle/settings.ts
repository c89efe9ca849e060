/**
 * What the oracle has to know of a backend: from its project's settings and alert rules. The settings come in as
 * values, as only the command line reads manifests.
 */
import { baseDefinition, tumblingPerDevice } from '../../common/aggregations.js';
import { MillraceError } from '../../common/errors.js';
import type { Settings } from '../../common/settings.js';
import { loadRules, type Rule } from '../../functions/alert/rules.js';
import type { ChaosStep } from '../scenario/scenario.js';
import type { OracleRule } from './alerts.js';
import type { DeviceRules } from './oracle-device.js';

export interface BackendSettings {
  readonly aggregate: Settings['aggregate'];
  readonly events: Settings['events'];
  /** Between two ticks, ms. */
  readonly tickMs: number;
  readonly rules: readonly OracleRule[];
}

/** What a machine under load is allowed to be behind, besides the time between ticks, ms. */
const PROCESSING_MS = 2_000;
/** How long a restart may take, ms. */
const RESTART_MS = 10_000;

/** As serverless.yml comes: for a backend whose project is not at hand. */
export const USUAL_BACKEND: BackendSettings = {
  aggregate: tumblingPerDevice(10_000, 60_000),
  events: { maxFutureMs: 86_400_000, oldest: Date.UTC(2000, 0) },
  tickMs: 1_000,
  rules: [],
};

/** Throws `ORACLE_WINDOWS` when the backend keeps no windows that the oracle can foretell. */
export function deviceRules(backend: BackendSettings, marginMs: number): DeviceRules {
  const { name, place, window, by, deviceTypes, metrics, allowedLatenessMs } = baseDefinition(
    backend.aggregate,
  );
  if (window.type !== 'tumbling' || by !== 'device' || deviceTypes !== null || metrics['*'] === undefined) {
    throw new MillraceError(
      `only tumbling windows of all devices and metrics can be foretold, not those of ${name} (${place})`,
      { code: 'ORACLE_WINDOWS', hint: 'Add such a definition to aggregations/, above the others.' },
    );
  }
  const { rules, events } = backend;
  return {
    windowMs: window.sizeMs,
    latenessMs: allowedLatenessMs,
    maxAheadMs: backend.aggregate.maxAheadMs,
    marginMs,
    rules,
    events,
  };
}

/** How far ticks may be behind, chaos included, ms of the clock on the wall. */
export function marginOf(
  { tickMs }: Pick<BackendSettings, 'tickMs'>,
  chaos: readonly ChaosStep[] = [],
): number {
  return tickMs + PROCESSING_MS + Math.max(0, ...chaos.map(awayFor));
}

function awayFor(step: ChaosStep): number {
  switch (step.action) {
    case 'kill':
      return step.restartAfter + RESTART_MS;
    case 'restart':
      return RESTART_MS;
    case 'stop':
      return step.lasts + RESTART_MS;
    case 'slow':
      // It gets on, but no one can say how far.
      return step.lasts;
  }
}

/** The alert rules of a project. Throws `RULES_INVALID`. @param directory its `rules/` */
export function rulesOf(directory: string): OracleRule[] {
  return loadRules(directory).map((rule) => ({
    name: rule.name,
    forMs: rule.forMs,
    noDataMs: rule.noDataMs,
    ...(isForetold(rule) ? {} : { leftOut: true }),
    holds(event, device) {
      try {
        const at = 0;
        return rule.condition.holds({ event, device: { ...device, tags: {} }, at, memory: null, firing: no });
      } catch {
        // It cannot be evaluated for this event (a text compared with a number): the backend says so in its log, and
        // nothing changes there either.
        return null;
      }
    },
  }));
}

const no = (): boolean => false;

/**
 * Whether a rule decides on the event alone, its alert ends with an event for which it does not hold, and what has held
 * long enough fires before its data is missed.
 */
function isForetold({ condition, clear, fleet, active, forMs, keepFiringMs, noDataMs }: Rule): boolean {
  const { features, firing, tags } = condition;
  const isPlain = features.length === 0 && firing.length === 0 && tags.length === 0;
  if (noDataMs !== null && noDataMs < forMs) return false;
  return isPlain && clear === null && fleet === null && active === null && keepFiringMs === 0;
}
