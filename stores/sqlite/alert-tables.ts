/** The tables of alert in SQLite (`alerts.db`). */
export const MIGRATIONS = [
  `CREATE TABLE alerts (
     id INTEGER PRIMARY KEY,
     fingerprint TEXT NOT NULL,
     starts_at INTEGER NOT NULL,
     device_id TEXT NOT NULL,
     state TEXT NOT NULL,
     changed_at INTEGER NOT NULL,
     alert TEXT NOT NULL,
     UNIQUE (fingerprint, starts_at)
   );
   CREATE INDEX alerts_newest ON alerts (starts_at, fingerprint);
   CREATE INDEX alerts_current ON alerts (state, starts_at, fingerprint) WHERE state <> 'resolved';
   CREATE INDEX alerts_of_device ON alerts (device_id, starts_at, fingerprint);
   CREATE INDEX alerts_old ON alerts (changed_at) WHERE state = 'resolved';

   CREATE TABLE alert_counts (state TEXT PRIMARY KEY, n INTEGER NOT NULL) WITHOUT ROWID;
   INSERT INTO alert_counts VALUES ('pending', 0), ('firing', 0), ('resolved', 0);
   CREATE TRIGGER alerts_inserted AFTER INSERT ON alerts BEGIN
     UPDATE alert_counts SET n = n + 1 WHERE state = NEW.state;
   END;
   CREATE TRIGGER alerts_updated AFTER UPDATE OF state ON alerts BEGIN
     UPDATE alert_counts SET n = n - 1 WHERE state = OLD.state;
     UPDATE alert_counts SET n = n + 1 WHERE state = NEW.state;
   END;
   CREATE TRIGGER alerts_deleted AFTER DELETE ON alerts BEGIN
     UPDATE alert_counts SET n = n - 1 WHERE state = OLD.state;
   END;

   CREATE TABLE alert_state (
     fingerprint TEXT PRIMARY KEY,
     device_id TEXT NOT NULL,
     "partition" INTEGER NOT NULL,
     "offset" INTEGER NOT NULL,
     starts_at INTEGER,
     pending INTEGER NOT NULL,
     state TEXT NOT NULL
   ) WITHOUT ROWID;
   CREATE INDEX alert_state_of_device ON alert_state (device_id);
   CREATE INDEX alert_state_pending ON alert_state ("partition") WHERE pending = 1;`,
  `CREATE TABLE alerts_owed (
     "partition" INTEGER NOT NULL,
     through INTEGER NOT NULL,
     changed_at INTEGER NOT NULL,
     alerts TEXT NOT NULL,
     PRIMARY KEY ("partition", through)
   ) WITHOUT ROWID;`,

  // Everything of before is of the scope `alert`; names are kept as `stores/text.ts` says from here on.
  `CREATE TABLE alert_positions (
     scope TEXT NOT NULL,
     "partition" INTEGER NOT NULL,
     next INTEGER NOT NULL,
     PRIMARY KEY (scope, "partition")
   ) WITHOUT ROWID;
   CREATE TABLE alert_memories (
     scope TEXT NOT NULL,
     device_id TEXT NOT NULL,
     "partition" INTEGER NOT NULL,
     "offset" INTEGER NOT NULL,
     due INTEGER,
     state TEXT NOT NULL,
     PRIMARY KEY (scope, device_id)
   );
   CREATE INDEX alert_memories_due ON alert_memories (scope, "partition", due, device_id) WHERE due IS NOT NULL;

   ALTER TABLE alerts ADD COLUMN rule TEXT NOT NULL DEFAULT '';
   ALTER TABLE alerts ADD COLUMN severity TEXT NOT NULL DEFAULT '';
   UPDATE alerts SET device_id = replace(device_id, char(1), char(1, 2)),
     rule = replace(coalesce(alert ->> '$.rule', ''), char(1), char(1, 2)),
     severity = replace(coalesce(alert ->> '$.severity', ''), char(1), char(1, 2));
   CREATE INDEX alerts_of_rule ON alerts (rule, starts_at, fingerprint);
   CREATE INDEX alerts_of_severity ON alerts (severity, starts_at, fingerprint);
   INSERT INTO alert_counts VALUES ('nodata', 0);

   ALTER TABLE alert_state RENAME TO alert_state_before;
   DROP INDEX alert_state_of_device;
   DROP INDEX alert_state_pending;
   CREATE TABLE alert_state (
     scope TEXT NOT NULL,
     fingerprint TEXT NOT NULL,
     device_id TEXT NOT NULL,
     "partition" INTEGER NOT NULL,
     "offset" INTEGER NOT NULL,
     starts_at INTEGER,
     -- The state of its alert; null without one.
     alert_state TEXT,
     state TEXT NOT NULL,
     PRIMARY KEY (fingerprint, scope)
   ) WITHOUT ROWID;
   INSERT INTO alert_state
     SELECT 'alert', s.fingerprint, replace(s.device_id, char(1), char(1, 2)), s."partition", s."offset", s.starts_at,
       a.state, s.state
     FROM alert_state_before s LEFT JOIN alerts a ON a.fingerprint = s.fingerprint AND a.starts_at = s.starts_at;
   DROP TABLE alert_state_before;
   CREATE INDEX alert_state_of_device ON alert_state (scope, device_id);
   CREATE INDEX alert_state_active ON alert_state (scope, "partition", device_id) WHERE alert_state <> 'resolved';

   ALTER TABLE alerts_owed RENAME TO alerts_owed_before;
   CREATE TABLE alerts_owed (
     scope TEXT NOT NULL,
     "partition" INTEGER NOT NULL,
     through INTEGER NOT NULL,
     changed_at INTEGER NOT NULL,
     alerts TEXT NOT NULL,
     PRIMARY KEY (scope, "partition", through)
   ) WITHOUT ROWID;
   INSERT INTO alerts_owed SELECT 'alert', "partition", through, changed_at, alerts FROM alerts_owed_before;
   DROP TABLE alerts_owed_before;`,
] as const;
