import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rulesOf } from '../../../simulators/oracle/settings.js';

test('what more than the event at hand decides is left out', () => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-oracle-rules-'));
  const rule = (name: string, expr: string, more = '') =>
    `      - { alert: ${name}, expr: "${expr}", labels: { severity: a }${more} }\n`;
  writeFileSync(
    join(folder, 'a.yml'),
    `groups:\n  - rules:\n${[
      rule('Plain', 'event.x > 1', ', for: 1m'),
      rule('Hysteresis', 'event.x > 1', ', clear: event.x < 0'),
      rule('Keeps', 'event.x > 1', ', keep_firing_for: 1m'),
      rule('AtDay', 'event.x > 1', ', active: { days: mon-fri }'),
      rule('Window', "window('1m').x.mean > 1"),
      rule('Composite', "firing('Plain')"),
      rule('Tagged', "device.tags.site == 'a' && event.x > 1"),
      rule('Fleet', 'fleet.share > 0.1', `, fleet: { count: "absent('1m')" }`),
    ].join('')}`,
  );
  const rules = rulesOf(folder);
  expect(rules).toHaveLength(8);
  expect(rules.filter(({ leftOut }) => leftOut !== true).map(({ name }) => name)).toEqual(['Plain']);
});
