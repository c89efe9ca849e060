/**
 * What a process does for its deployment. One process does everything; several that share Kafka or Kinesis and PostgreSQL may
 * each do a part, and as many as wanted the same part.
 */
import { MillraceError } from '../common/errors.js';

/**
 * gateway: takes events in, over MQTT and HTTP. functions: event source mappings. schedules: scheduled functions.
 * api: functions behind HTTP routes.
 */
export const ROLES = ['gateway', 'functions', 'schedules', 'api'] as const;
export type Role = (typeof ROLES)[number];
export type Roles = ReadonlySet<Role>;

export const ALL_ROLES: Roles = new Set(ROLES);

/** @param text `gateway,api`; throws `SETTING_INVALID` */
export function parseRoles(text: string): Roles {
  const names = text.split(',').map((name) => name.trim());
  const unknown = names.filter((name) => !(ROLES as readonly string[]).includes(name));
  if (unknown.length === 0) return new Set(names as Role[]);
  throw new MillraceError(`--roles has ${unknown.map((name) => JSON.stringify(name)).join(', ')}`, {
    code: 'SETTING_INVALID',
    hint: `Roles are ${ROLES.join(', ')}, comma-separated.`,
  });
}
