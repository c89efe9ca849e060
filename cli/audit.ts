/** `millrace audit`: everything that operators did. */
import type { Command } from 'commander';
import { asksDeployment, getList, type OperatorFlags } from './operator-client.js';
import { printList } from './operator-output.js';
import { AUDIT_COLUMNS, type AuditView } from './operator-tables.js';
import { count } from './parsers.js';

export function registerAudit(program: Command): void {
  asksDeployment(program.command('audit'))
    .description('what operators did about alerts, newest first')
    .option('--limit <n>', 'how many at most', count, 100)
    .addHelpText('after', '\nExample:\n  millrace audit --limit 10000 --json > trail.ndjson\n')
    .action(async (flags: OperatorFlags & { readonly limit: number }) => {
      const entries = await getList<AuditView>(flags.http, '/audit', {}, flags.limit);
      printList(entries, AUDIT_COLUMNS, 'Nobody has done anything yet.', flags);
    });
}
