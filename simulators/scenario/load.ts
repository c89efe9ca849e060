/**
 * Reads a scenario file: checked against its schemas, defaults filled in, and its parts checked against each other.
 * All problems come at once, each with its line.
 */
import { readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { MillraceError, messageOf } from '../../common/errors.js';
import { type PathKeys, type Problems, suggestion } from '../../common/problems.js';
import { type LinedProblem, LinedProblems, linedText, YamlText } from '../../common/yaml-text.js';
import { checkRelations } from './relations.js';
import type { Fleet, Metric, Phase, Scenario, Threshold } from './scenario.js';
import { chaosSchemas, failureSchemas, metricSchemas, scenarioSchema } from './schema.js';
import { parseThreshold } from './threshold.js';
import { compile } from './units.js';

/** Everything that is wrong with a scenario file, at once. Code `SCENARIO_INVALID`. */
export class ScenarioError extends MillraceError {
  readonly problems: readonly LinedProblem[];

  constructor(file: string, problems: readonly LinedProblem[]) {
    const lines = problems.map((problem) => `  ${linedText(file, problem)}`);
    super(`the scenario cannot be used:\n${lines.join('\n')}`, {
      code: 'SCENARIO_INVALID',
      hint: `Correct ${problems.length === 1 ? 'this place' : 'these places'} and run it again.`,
    });
    this.name = 'ScenarioError';
    this.problems = problems;
  }
}

export function loadScenario(file: string): Scenario {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    throw new MillraceError(`the scenario ${file} cannot be read: ${messageOf(cause)}`, {
      code: 'SCENARIO_FILE',
      hint: 'Name a file, or one of the ready scenarios (millrace scenarios lists them).',
      cause,
    });
  }
  return parseScenario(text, file);
}

/** @param file names the scenario and its problems; files that it refers to are relative to its folder */
export function parseScenario(text: string, file: string): Scenario {
  const yaml = new YamlText(text);
  const problems = new LinedProblems(yaml);
  if (problems.lined.length > 0) throw new ScenarioError(file, problems.lined);
  const given = { scenario: yaml.document.toJS() as unknown };
  const validate = compile(scenarioSchema);
  if (!validate(given.scenario)) {
    problems.addSchemaErrors([], validate.errors ?? [], (path) => knownKeys(scenarioSchema, path));
  }
  const raw = Object(given.scenario) as RawScenario;
  checkKinds(raw, problems);
  if (problems.lined.length > 0) throw new ScenarioError(file, problems.lined);
  const scenario = assemble(raw, basename(file).replace(/\.ya?ml$/, ''), dirname(file), problems);
  checkRelations(scenario, problems);
  if (problems.lined.length > 0) throw new ScenarioError(file, problems.lined);
  return scenario;
}

interface RawScenario {
  readonly phases?: readonly unknown[];
  readonly fleets?: readonly { readonly metrics?: object; readonly failures?: readonly object[] }[];
  readonly chaos?: readonly object[];
  readonly thresholds?: Readonly<Record<string, string | number>>;
}

/** Metrics, failures and chaos steps against the schema of their kind; converts them in place. */
function checkKinds(raw: RawScenario, problems: Problems): void {
  const check = (
    value: unknown,
    at: PathKeys,
    kindKey: string,
    schemas: Readonly<Record<string, object>>,
  ): void => {
    const kind = String((Object(value) as Record<string, unknown>)[kindKey]);
    const schema = schemas[kind];
    if (schema === undefined) {
      problems.add([...at, kindKey], `unknown ${kindKey} ${kind}${suggestion(kind, Object.keys(schemas))}`);
      return;
    }
    const validate = compile(schema);
    if (!validate(value)) {
      problems.addSchemaErrors(at, validate.errors ?? [], (path) => knownKeys(schema, path));
    }
  };
  const lists = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
  lists(raw.fleets).forEach((fleet, index) => {
    const { metrics, failures } = Object(fleet) as { metrics?: object; failures?: unknown };
    for (const [name, metric] of Object.entries(Object(metrics))) {
      check(metric, ['fleets', index, 'metrics', name], 'model', metricSchemas);
    }
    lists(failures).forEach((failure, at) => {
      check(failure, ['fleets', index, 'failures', at], 'kind', failureSchemas);
    });
  });
  lists(raw.chaos).forEach((step, index) => {
    check(step, ['chaos', index], 'action', chaosSchemas);
  });
}

function assemble(raw: RawScenario, name: string, folder: string, problems: Problems): Scenario {
  const phases = (raw.phases as readonly (Partial<Phase> & { load?: number })[]).map((phase, index) =>
    phaseOf(phase, ['phases', index], problems),
  );
  const thresholds: Threshold[] = [];
  for (const [metric, value] of Object.entries(raw.thresholds ?? {})) {
    const threshold = { metric, expression: String(value) };
    const reason = parseThreshold(threshold).problem;
    if (reason === undefined) thresholds.push(threshold);
    else problems.add(['thresholds', metric], reason);
  }
  const fleets = (raw.fleets as unknown as readonly Fleet[]).map((fleet, index) => ({
    ...fleet,
    metrics: Object.fromEntries(
      Object.entries(fleet.metrics).map(([metric, model]) => {
        const at = ['fleets', index, 'metrics', metric];
        return [metric, model.model === 'recorded' ? withValues(model, folder, at, problems) : model];
      }),
    ),
  }));
  return { ...(raw as unknown as Scenario), name, phases, fleets, thresholds };
}

function phaseOf(
  { name, kind, duration, load, from, to }: Partial<Phase> & { load?: number },
  at: PathKeys,
  problems: Problems,
): Phase {
  if (load !== undefined && (from !== undefined || to !== undefined)) {
    problems.add([...at, 'load'], 'takes the place of from and to: write one or the other');
  }
  const begin = from ?? load ?? 1;
  return { name: name!, kind: kind!, duration: duration!, from: begin, to: to ?? load ?? begin };
}

/** A recorded series with its numbers read in. */
function withValues(
  model: Extract<Metric, { model: 'recorded' }>,
  folder: string,
  at: PathKeys,
  problems: Problems,
): Metric {
  const path = join(folder, model.file);
  let lines: string[];
  try {
    lines = readFileSync(path, 'utf8').split(/\r?\n/);
  } catch (error) {
    problems.add([...at, 'file'], `cannot be read: ${messageOf(error)}`);
    return model;
  }
  const column = lines[0]!.split(',').indexOf(model.column);
  if (column === -1) {
    problems.add([...at, 'column'], `is no column of ${path}; known are ${lines[0]}`);
    return model;
  }
  const cells = lines.slice(1).map((line) => line.split(',')[column] ?? '');
  const values = cells.filter((cell) => cell !== '' && Number.isFinite(Number(cell))).map(Number);
  if (values.length === 0) problems.add([...at, 'column'], `has no numbers in ${path}`);
  return { ...model, values };
}

/** Property names per object of the schema, as ajv's `schemaPath` names it. */
function knownKeys(root: object, schemaPath: string): string[] {
  let schema: unknown = root;
  for (const key of schemaPath.split('/').slice(1, -1)) {
    schema = (schema as Record<string, unknown>)[decodeURIComponent(key)];
  }
  return Object.keys((schema as { properties?: object }).properties ?? {});
}
