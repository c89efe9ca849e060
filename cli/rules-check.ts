/** `millrace rules check`: what is wrong with a project's rules and notifications, or what its rules are made of. */
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { describeRule } from '../functions/alert/describe-rule.js';
import type { Rule } from '../functions/alert/rules.js';
import { warningsAgainst } from '../functions/dispatch/config/against-rules.js';
import { FILE, readNotifications } from '../functions/dispatch/config/load.js';
import { readRuleProject } from '../runtime/manifest/rule-project.js';
import { tagNames } from '../schemas/device-tags.js';
import { configBeside, readRules, refuse, ruleFilesOf } from './rules-project.js';
import { rulesTable } from './rules-table.js';

interface Flags {
  readonly config?: string;
  readonly json?: true;
}

interface Checked {
  readonly rules: readonly Rule[];
  /** `file:line: reason` each. */
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
  readonly files: number;
  /** Null: there is no such file. */
  readonly notifications: { readonly receivers: number } | null;
}

export function registerRulesCheck(rules: Command): void {
  rules
    .command('check')
    .description('check the rules and notifications.yml, and list the rules with what they cost')
    .argument('[dir]', 'their folder; rules/ beside serverless.yml when left out')
    .option('--config <file>', 'serverless.yml, for tags; device types and notifications.yml lie beside it')
    .option('--json', 'problems and rules as JSON')
    .action(async (dir: string | undefined, flags: Flags) => {
      const folder = dir === undefined ? undefined : resolve(dir);
      const checked = await check(configBeside(flags.config, folder), folder);
      if (flags.json === true) {
        process.stdout.write(`${JSON.stringify(documentOf(checked), null, 2)}\n`);
        if (checked.problems.length > 0) process.exitCode = 1;
        return;
      }
      for (const warning of checked.warnings) process.stderr.write(`millrace: ${warning}\n`);
      refuse(checked.problems);
      process.stdout.write(`${rulesTable(checked.rules)}\n${sentenceOf(checked)}\n`);
    });
}

async function check(config: string, given: string | undefined): Promise<Checked> {
  const { root, settings, schemas } = await readRuleProject(config, process.env);
  const folder = given ?? resolve(root, 'rules');
  const known = { tags: tagNames(settings.deviceTags), deviceTypes: schemas.types };
  const files = ruleFilesOf(folder);
  const { rules, problems } = readRules(files, known);
  const { config: told, problems: untold, warnings } = readNotifications(root, process.env);
  // Of rules with mistakes nobody knows what they give.
  const besides =
    told === null || problems.length > 0
      ? []
      : warningsAgainst(told, rules).map((warning) => `${FILE}: ${warning}`);
  return {
    rules,
    problems: [...problems, ...untold.map(({ place, reason }) => `${place}: ${reason}`)],
    warnings: [...warnings, ...besides],
    files: files.length,
    notifications: told === null ? null : { receivers: told.receivers.size },
  };
}

function sentenceOf({ rules, files, notifications }: Checked): string {
  const checked = `${counted(rules.length, 'rule')} in ${counted(files, 'file')} checked`;
  return notifications === null
    ? `${checked}; there is no notifications.yml: alerts are told over MQTT alone.`
    : `${checked}, and notifications.yml with ${counted(notifications.receivers, 'receiver')}.`;
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

function documentOf({ rules, problems, warnings, notifications }: Checked): object {
  return {
    problems,
    warnings,
    notifications,
    rules: rules.map((rule) => ({
      name: rule.name,
      group: rule.group,
      place: rule.place,
      version: rule.version,
      severity: rule.severity,
      deviceTypes: rule.deviceTypes,
      expr: rule.condition.source,
      ...describeRule(rule),
    })),
  };
}
