/** `iot:` entries: IoT rules, each event that their SQL selects an asynchronous invocation. */
import type { IotTrigger } from './manifest.js';
import type { PathKeys } from './problems.js';
import type { TriggerContext } from './trigger-context.js';
import { isObject, oneOf, refuseOthers, text, truth } from './values.js';

const KNOWN = ['sql', 'sqlVersion', 'name', 'description', 'enabled'];

/** One trigger, or none when a problem was added. */
export function iotTrigger(value: unknown, at: PathKeys, { problems }: TriggerContext): IotTrigger[] {
  if (!isObject(value)) {
    problems.add(at, "must be a mapping such as { sql: SELECT * FROM 'devices/+/telemetry' }");
    return [];
  }
  const before = problems.list.length;
  refuseOthers(value, KNOWN, at, problems);
  if (value.sqlVersion !== undefined) {
    oneOf('2015-10-08', '2016-03-23')(value.sqlVersion, [...at, 'sqlVersion'], problems);
  }
  if (value.name !== undefined) {
    text(/^\w{1,128}$/, '1 to 128 letters, digits or _')(value.name, [...at, 'name'], problems);
  }
  const enabled = value.enabled === undefined || truth(value.enabled, [...at, 'enabled'], problems) === true;
  // The packager takes line breaks out, with nothing in their place.
  const sql = typeof value.sql === 'string' ? value.sql.replace(/\r?\n/g, '') : '';
  if (sql === '')
    problems.add([...at, 'sql'], "must be a statement such as SELECT * FROM 'devices/+/telemetry'");
  return problems.list.length > before ? [] : [{ type: 'iot', sql, enabled }];
}
