/** `millrace scenarios`: the ready ones, with what they do. */
import type { Command } from 'commander';
import { span } from '../simulators/report/format.js';
import { durationOf, reportsPerSecond } from '../simulators/run/overrides.js';
import { readyScenarios } from '../simulators/scenario/ready.js';
import type { Scenario } from '../simulators/scenario/scenario.js';
import { projectRoot } from './project-root.js';

export function registerScenarios(program: Command): void {
  program
    .command('scenarios')
    .description('list the scenarios that simulate runs by their names')
    .option('--json', 'as JSON')
    .action((flags: { readonly json?: true }) => {
      const scenarios = readyScenarios(projectRoot());
      process.stdout.write(
        flags.json === true
          ? `${JSON.stringify(scenarios.map(listed), null, 2)}\n`
          : scenarios.map(scenarioText).join('\n'),
      );
    });
}

interface Listed {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly devices: number;
  /** At load 1. */
  readonly eventsPerSecond: number;
  /** On the wall. */
  readonly seconds: number;
  /** Needs a backend of its own: `--start-backend`. */
  readonly chaos: boolean;
}

function listed(scenario: Scenario): Listed {
  const { name, title, description, fleets, speed, chaos } = scenario;
  return {
    name,
    title,
    description,
    devices: fleets.reduce((sum, { devices }) => sum + devices, 0),
    eventsPerSecond: Math.round(reportsPerSecond(scenario)),
    seconds: durationOf(scenario) / speed / 1000,
    chaos: chaos.length > 0,
  };
}

const WIDTH = 100;

function scenarioText(scenario: Scenario): string {
  const { name, description, devices, eventsPerSecond, seconds, chaos } = listed(scenario);
  const size = `${devices} devices, ${eventsPerSecond} events/s, ${span(seconds)}`;
  const needs = chaos ? ', with --start-backend' : '';
  return [
    `${name}  (${size}${needs})`,
    ...wrapped(description, WIDTH - 2).map((line) => `  ${line}`),
    '',
  ].join('\n');
}

function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(/\s+/)) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + word.length < width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}
