/** A hundred rules of each kind: what the language can ask for, at thresholds of which hardly any is ever reached. */
import { MillraceError } from '../../common/errors.js';
import { parseRules, type Rule } from '../../functions/alert/rules.js';

export const RULES = 100;
/** Rules that look back share what they remember where they ask for the same: so many different things here. */
export const DIFFERENT = 5;

type Written = (index: number) => string;

const seconds = (index: number) => 30 + 10 * (index % DIFFERENT);

export const KINDS: Readonly<Record<string, Written>> = {
  'threshold, a tenth per device type': (index) =>
    `expr: device.type == "${index % 10 === 0 ? 'environment' : `type-${index % 10}`}" && event.temperature > ${100 + index}`,
  threshold: (index) => `expr: event.temperature > ${100 + index}`,
  'threshold, every device firing': (index) => `expr: event.temperature > ${index === 0 ? 0 : 100 + index}`,
  hysteresis: (index) => `expr: event.temperature > ${100 + index}\n        clear: event.temperature < 90`,
  area: (index) => `expr: inside('depot') && event.temperature > ${100 + index}`,
  'window, mean': (index) => `expr: window('${seconds(index)}s').temperature.mean > ${100 + index}`,
  'window, p99': (index) => `expr: window('${seconds(index)}s').temperature.p99 > ${100 + index}`,
  matches: (index) => `expr: matches(event.temperature > 60, '${seconds(index)}s') > ${100 + index}`,
  before: (index) => `expr: event.temperature - before('temperature', '${seconds(index)}s') > ${100 + index}`,
  absent: (index) => `expr: absent('${600 + (index % DIFFERENT)}s') && event.temperature > ${index}`,
  stuck: (index) => `expr: stuck('temperature', '${seconds(index)}s') && event.temperature > ${index}`,
  sequence: (index) =>
    `expr: sequence(event.temperature > 60, event.humidity > 90, '${seconds(index)}s') && event.temperature > ${100 + index}`,
};

/** Throws `BENCH_RULES`. */
export function rulesOf(kind: string): readonly Rule[] {
  const rules = Array.from({ length: RULES }, (_, index) => {
    const alert = `      - alert: R${index}\n        ${KINDS[kind]!(index)}`;
    return `${alert}\n        labels: { severity: warning }`;
  });
  const area = 'geofences: { depot: [[4.89, 52.37], [4.91, 52.37], [4.90, 52.39]] }';
  const text = `${area}\ngroups:\n  - name: bench\n    rules:\n${rules.join('\n')}\n`;
  const parsed = parseRules(text, 'bench.yml');
  if (parsed.problems.length > 0) {
    throw new MillraceError(`rules of kind ${kind}: ${parsed.problems.slice(0, 3).join('; ')}`, {
      code: 'BENCH_RULES',
    });
  }
  return parsed.rules;
}
