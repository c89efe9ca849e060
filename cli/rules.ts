/** `millrace rules`: the rules of a project, looked at before they decide anything. */
import type { Command } from 'commander';
import { registerRulesBacktest } from './rules-backtest.js';
import { registerRulesCheck } from './rules-check.js';
import { registerRulesTest } from './rules-test.js';

export function registerRules(program: Command): void {
  const rules = program
    .command('rules')
    .description('check, test and try alert rules before they are in effect');
  registerRulesCheck(rules);
  registerRulesTest(rules);
  registerRulesBacktest(rules);
}
