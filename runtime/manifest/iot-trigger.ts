/** `iot:` entries: IoT rules, each event that their SQL selects an asynchronous invocation. */
import { messageOf } from '../../common/errors.js';
import type { PathKeys } from '../../common/problems.js';
import { parseRuleSql } from '../iot-rules/rule-sql.js';
import type { IotTrigger } from './manifest.js';
import type { TriggerContext } from './trigger-context.js';
import { isObject, refuseOthers, text, truth } from './values.js';

const KNOWN = ['sql', 'sqlVersion', 'name', 'description', 'enabled'];

/** One trigger, or none when a problem was added. */
export function iotTrigger(value: unknown, at: PathKeys, { problems }: TriggerContext): IotTrigger[] {
  if (!isObject(value)) {
    problems.add(at, "must be a mapping such as { sql: SELECT * FROM 'devices/+/telemetry' }");
    return [];
  }
  const before = problems.list.length;
  refuseOthers(value, KNOWN, at, problems);
  // Left out, it is 2015-10-08 to AWS, where nested values come out otherwise.
  if (value.sqlVersion !== '2016-03-23') {
    problems.add([...at, 'sqlVersion'], "must be '2016-03-23' (in quotes): the version that rules have here");
  }
  if (value.name !== undefined) {
    text(/^\w{1,128}$/, '1 to 128 letters, digits or _')(value.name, [...at, 'name'], problems);
  }
  const enabled = value.enabled === undefined || truth(value.enabled, [...at, 'enabled'], problems) === true;
  // The packager takes line breaks out, with nothing in their place.
  const sql = typeof value.sql === 'string' ? value.sql.replace(/\r?\n/g, '') : '';
  try {
    parseRuleSql(sql);
  } catch (error) {
    problems.add([...at, 'sql'], messageOf(error));
  }
  return problems.list.length > before ? [] : [{ type: 'iot', sql, enabled }];
}
