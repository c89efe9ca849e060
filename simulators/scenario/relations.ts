/** What a schema cannot say: how the parts of a scenario depend on one another. */
import type { Problems } from '../../common/problems.js';
import type { Fleet, MachineState, Metric, Scenario } from './scenario.js';

export function checkRelations({ fleets, phases, chaos }: Scenario, problems: Problems): void {
  const duration = phases.reduce((sum, phase) => sum + phase.duration, 0);
  if (duration === 0) problems.add(['phases'], 'must last longer than 0');
  fleets.forEach((fleet, index) => {
    const at = ['fleets', index] as const;
    if (fleets.findIndex(({ name }) => name === fleet.name) !== index) {
      problems.add([...at, 'name'], `a second fleet named ${fleet.name}`);
    }
    if (fleets.findIndex(({ id }) => id === fleet.id) !== index) {
      problems.add([...at, 'id'], 'another fleet has the same ids');
    }
    if (fleet.interval < 1) problems.add([...at, 'interval'], 'must be at least 1ms');
    if (/[+#\0]/.test(fleet.topic)) problems.add([...at, 'topic'], 'must not have wildcards');
    if (!fleet.topic.includes('{deviceId}')) problems.add([...at, 'topic'], 'must name the {deviceId}');
    checkMetrics(fleet, index, problems);
    fleet.failures.forEach((failure, number) => {
      if (!('metric' in failure)) return;
      const metric = fleet.metrics[failure.metric];
      const place = [...at, 'failures', number, 'metric'];
      if (metric === undefined) problems.add(place, `no metric ${failure.metric} in this fleet`);
      else if (failure.kind !== 'stuck' && !isNumeric(metric)) problems.add(place, 'must be a number');
    });
    const { leave } = fleet.lifecycle;
    if (leave.until < leave.from)
      problems.add([...at, 'lifecycle', 'leave', 'until'], 'must not be before from');
  });
  chaos.forEach(({ at }, index) => {
    if (at >= duration) problems.add(['chaos', index, 'at'], 'must be before the end of the last phase');
  });
}

function checkMetrics({ metrics, hidden }: Fleet, index: number, problems: Problems): void {
  const names = Object.keys(metrics);
  for (const [position, name] of names.entries()) {
    const metric = metrics[name]!;
    const at = ['fleets', index, 'metrics', name];
    if (['ts', 'seq', 'deviceId', 'deviceType'].includes(name))
      problems.add(at, 'is a name of the event itself');
    for (const [key, other] of sourcesOf(metric)) {
      if (!names.slice(0, position).includes(other)) {
        problems.add([...at, ...key], `must name a metric above it, not ${other}`);
      } else if (metric.model !== 'mapped' && !isNumeric(metrics[other]!)) {
        problems.add([...at, ...key], `${other} is not a number: map its values to numbers first`);
      }
    }
    if (metric.model === 'curve' && metric.points.some(([x], i) => i > 0 && x <= metric.points[i - 1]![0])) {
      problems.add([...at, 'points'], 'must have growing first numbers');
    }
    if (metric.model === 'follow' && metric.within < 0)
      problems.add([...at, 'within'], 'must not be negative');
    if ('period' in metric && metric.period <= 0) problems.add([...at, 'period'], 'must be above 0');
    if (metric.model === 'states') {
      if (metric.states[metric.initial] === undefined)
        problems.add([...at, 'initial'], `no state ${metric.initial}`);
      for (const [state, { next }] of Object.entries<MachineState>(metric.states)) {
        for (const target of Object.keys(next)) {
          if (metric.states[target] === undefined)
            problems.add([...at, 'states', state, 'next', target], 'no such state');
        }
      }
    }
  }
  for (const [position, name] of hidden.entries()) {
    if (!names.includes(name)) problems.add(['fleets', index, 'hidden', position], `no metric ${name}`);
  }
  if (names.every((name) => hidden.includes(name))) {
    problems.add(['fleets', index, 'hidden'], 'leaves nothing to report');
  }
}

/** The metrics that this one follows from, and where it names them. */
function sourcesOf(metric: Metric): (readonly [key: readonly (string | number)[], name: string])[] {
  if (metric.model === 'sum') return Object.keys(metric.of).map((name) => [['of', name], name]);
  if (metric.model === 'product') return metric.of.map((name, index) => [['of', index], name]);
  return 'with' in metric ? [[['with'], metric.with]] : [];
}

function isNumeric(metric: Metric): boolean {
  if (metric.model === 'constant') return typeof metric.value === 'number';
  if (metric.model === 'mapped') {
    return [...Object.values(metric.to), metric.otherwise].every((value) => typeof value === 'number');
  }
  if (metric.model !== 'states') return true;
  return Object.values<MachineState>(metric.states).every(({ value }) => typeof value === 'number');
}
