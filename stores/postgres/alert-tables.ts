/**
 * The tables of the alert store, and the function that commits to them. It is a function because its steps depend on
 * each other's outcome, and a transaction that waits for its client between them would hold up everybody else while
 * that one is paused. Commits of one partition take turns.
 */
import { LOCKS } from './locks.js';
import { split } from './values.js';

export const ALERT_MIGRATIONS = [
  `CREATE TABLE alerts (
     id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
     fingerprint text COLLATE "C" NOT NULL,
     starts_at double precision NOT NULL,
     device_id text COLLATE "C" NOT NULL,
     state text NOT NULL,
     changed_at double precision NOT NULL,
     alert text NOT NULL,
     UNIQUE (fingerprint, starts_at)
   );
   CREATE INDEX alerts_newest ON alerts (starts_at, fingerprint);
   CREATE INDEX alerts_current ON alerts (state, starts_at, fingerprint) WHERE state <> 'resolved';
   CREATE INDEX alerts_of_device ON alerts (device_id, starts_at, fingerprint);
   CREATE INDEX alerts_old ON alerts (changed_at) WHERE state = 'resolved';
   CREATE TABLE alert_state (
     fingerprint text COLLATE "C" PRIMARY KEY,
     device_id text COLLATE "C" NOT NULL,
     partition integer NOT NULL,
     "offset" numeric(60) NOT NULL,
     starts_at double precision,
     pending boolean NOT NULL,
     state text NOT NULL
   );
   CREATE INDEX alert_state_of_device ON alert_state (device_id);
   CREATE INDEX alert_state_pending ON alert_state (partition) WHERE pending;
   CREATE TABLE alerts_owed (
     partition integer NOT NULL,
     through numeric(60) NOT NULL,
     changed_at double precision NOT NULL,
     alerts text NOT NULL,
     PRIMARY KEY (partition, through)
   );

   CREATE FUNCTION commit_alerts(
     of_partition integer,
     fingerprints text[], devices text[], partitions integer[], offsets numeric[], starts float8[], states text[],
     alert_states text[], changes float8[], documents text[],
     ended_fingerprints text[], ended_starts float8[], ended_devices text[], ended_states text[],
     ended_changes float8[], ended_documents text[],
     owed_through numeric, owed_change float8, owed_alerts text, settled numeric[]
   ) RETURNS void LANGUAGE plpgsql AS $$
   BEGIN
     PERFORM pg_advisory_xact_lock(${LOCKS.alerts}, of_partition);
     DELETE FROM alerts_owed o WHERE o.partition = of_partition AND o.through = ANY(settled);
     IF owed_through IS NOT NULL THEN
       INSERT INTO alerts_owed VALUES (of_partition, owed_through, owed_change, owed_alerts)
       ON CONFLICT (partition, through) DO UPDATE SET changed_at = excluded.changed_at, alerts = excluded.alerts;
     END IF;

     WITH given AS MATERIALIZED (
       SELECT * FROM unnest(fingerprints, devices, partitions, offsets, starts, states, alert_states, changes, documents)
         WITH ORDINALITY
         AS g (fingerprint, device_id, partition, "offset", starts_at, state, alert_state, changed_at, document, n)
     ), pending_before AS MATERIALIZED (
       SELECT s.fingerprint, s.starts_at FROM alert_state s JOIN given g ON g.fingerprint = s.fingerprint
       WHERE s.pending
     ), put AS (
       INSERT INTO alert_state (fingerprint, device_id, partition, "offset", starts_at, pending, state)
       SELECT g.fingerprint, g.device_id, g.partition, g."offset", g.starts_at,
         g.alert_state IS NOT DISTINCT FROM 'pending', g.state FROM given g
       ON CONFLICT (fingerprint) DO UPDATE SET partition = excluded.partition, "offset" = excluded."offset",
         starts_at = excluded.starts_at, pending = excluded.pending, state = excluded.state
       -- Not a row at or past this position: the same records came again.
       WHERE excluded."offset" > alert_state."offset"
       RETURNING fingerprint, starts_at
     ), cancelled AS (
       DELETE FROM alerts a USING pending_before b, put p
       WHERE p.fingerprint = b.fingerprint AND b.starts_at IS DISTINCT FROM p.starts_at
         AND a.fingerprint = b.fingerprint AND a.starts_at = b.starts_at
     )
     INSERT INTO alerts (fingerprint, starts_at, device_id, state, changed_at, alert)
     SELECT g.fingerprint, g.starts_at, g.device_id, g.alert_state, g.changed_at, g.document
     FROM given g JOIN put p ON p.fingerprint = g.fingerprint WHERE g.document IS NOT NULL ORDER BY g.n
     ON CONFLICT (fingerprint, starts_at) DO UPDATE SET state = excluded.state, changed_at = excluded.changed_at,
       alert = excluded.alert
     -- Within one state a document does not change: rows that only remember a later event time leave it alone.
     WHERE alerts.state <> excluded.state;

     INSERT INTO alerts (fingerprint, starts_at, device_id, state, changed_at, alert)
     SELECT * FROM unnest(ended_fingerprints, ended_starts, ended_devices, ended_states, ended_changes, ended_documents)
     ON CONFLICT (fingerprint, starts_at) DO UPDATE SET state = excluded.state, changed_at = excluded.changed_at,
       alert = excluded.alert
     WHERE alerts.state <> 'resolved';
   END $$;`,

  // Everything of before is of the scope `alert`. The row of the position is the gate: it lets one commit of a scope's
  // partition through at a time, and none that was computed from another position.
  `CREATE TABLE alert_positions (
     scope text COLLATE "C" NOT NULL,
     partition integer NOT NULL,
     next numeric(60) NOT NULL,
     PRIMARY KEY (scope, partition)
   );
   CREATE TABLE alert_memories (
     scope text COLLATE "C" NOT NULL,
     device_id text COLLATE "C" NOT NULL,
     partition integer NOT NULL,
     "offset" numeric(60) NOT NULL,
     due double precision,
     state text NOT NULL,
     PRIMARY KEY (scope, device_id)
   );
   CREATE INDEX alert_memories_due ON alert_memories (scope, partition, due, device_id) WHERE due IS NOT NULL;

   ALTER TABLE alerts
     ADD COLUMN rule text COLLATE "C" NOT NULL DEFAULT '',
     ADD COLUMN severity text COLLATE "C" NOT NULL DEFAULT '';
   -- By text and not as JSON, which has no U+0000: names of rules and severities have nothing to be escaped.
   UPDATE alerts SET rule = coalesce(substring(alert FROM '"rule":"([^"\\\\]*)"'), ''),
     severity = coalesce(substring(alert FROM '"severity":"([^"\\\\]*)"'), '');
   ALTER TABLE alerts ALTER COLUMN rule DROP DEFAULT, ALTER COLUMN severity DROP DEFAULT;
   CREATE INDEX alerts_of_rule ON alerts (rule, starts_at, fingerprint);
   CREATE INDEX alerts_of_severity ON alerts (severity, starts_at, fingerprint);

   ALTER TABLE alert_state
     ADD COLUMN scope text COLLATE "C" NOT NULL DEFAULT 'alert',
     -- The state of its alert; null without one.
     ADD COLUMN alert_state text;
   ALTER TABLE alert_state ALTER COLUMN scope DROP DEFAULT;
   UPDATE alert_state s SET alert_state = a.state FROM alerts a
     WHERE a.fingerprint = s.fingerprint AND a.starts_at = s.starts_at;
   ALTER TABLE alert_state DROP CONSTRAINT alert_state_pkey;
   ALTER TABLE alert_state ADD PRIMARY KEY (fingerprint, scope);
   DROP INDEX alert_state_of_device;
   DROP INDEX alert_state_pending;
   ALTER TABLE alert_state DROP COLUMN pending;
   CREATE INDEX alert_state_of_device ON alert_state (scope, device_id);
   CREATE INDEX alert_state_active ON alert_state (scope, partition, device_id) WHERE alert_state <> 'resolved';

   ALTER TABLE alerts_owed ADD COLUMN scope text COLLATE "C" NOT NULL DEFAULT 'alert';
   ALTER TABLE alerts_owed ALTER COLUMN scope DROP DEFAULT;
   ALTER TABLE alerts_owed DROP CONSTRAINT alerts_owed_pkey;
   ALTER TABLE alerts_owed ADD PRIMARY KEY (scope, partition, through);

   DROP FUNCTION commit_alerts;
   CREATE FUNCTION commit_alerts(
     of_scope text, of_partition integer, from_next numeric, to_next numeric,
     fingerprints text[], devices text[], partitions integer[], offsets numeric[], starts float8[], states text[],
     alert_states text[], changes float8[], rules text[], severities text[], documents text[],
     memory_devices text[], memory_partitions integer[], memory_offsets numeric[], memory_dues float8[],
     memory_states text,
     ended_fingerprints text[], ended_starts float8[], ended_devices text[], ended_rules text[],
     ended_severities text[], ended_states text[], ended_changes float8[], ended_documents text[],
     owed_through numeric, owed_change float8, owed_alerts text, settled numeric[]
   ) RETURNS numeric LANGUAGE plpgsql AS $$
   DECLARE
     position_there numeric;
   BEGIN
     INSERT INTO alert_positions AS p (scope, partition, next)
     SELECT of_scope, of_partition, to_next
     WHERE from_next = 0 OR EXISTS (SELECT FROM alert_positions WHERE scope = of_scope AND partition = of_partition)
     ON CONFLICT (scope, partition) DO UPDATE SET next = excluded.next WHERE p.next = from_next;
     IF NOT FOUND THEN
       SELECT next INTO position_there FROM alert_positions WHERE scope = of_scope AND partition = of_partition;
       RETURN coalesce(position_there, 0);
     END IF;

     DELETE FROM alerts_owed o
     WHERE o.scope = of_scope AND o.partition = of_partition AND o.through = ANY(settled);
     IF owed_through IS NOT NULL THEN
       INSERT INTO alerts_owed (scope, partition, through, changed_at, alerts)
       VALUES (of_scope, of_partition, owed_through, owed_change, owed_alerts)
       ON CONFLICT (scope, partition, through)
       DO UPDATE SET changed_at = excluded.changed_at, alerts = excluded.alerts;
     END IF;

     IF cardinality(memory_devices) > 0 THEN
       INSERT INTO alert_memories (scope, device_id, partition, "offset", due, state)
       SELECT of_scope, given.* FROM unnest(memory_devices, memory_partitions, memory_offsets, memory_dues,
         ${split('memory_states', 'cardinality(memory_devices)')}) AS given
       ON CONFLICT (scope, device_id) DO UPDATE SET partition = excluded.partition, "offset" = excluded."offset",
         due = excluded.due, state = excluded.state;
     END IF;

     IF cardinality(fingerprints) > 0 THEN
       WITH given AS MATERIALIZED (
         SELECT * FROM unnest(fingerprints, devices, partitions, offsets, starts, states, alert_states, changes, rules,
             severities, documents)
           WITH ORDINALITY
           AS g (fingerprint, device_id, partition, "offset", starts_at, state, alert_state, changed_at, rule, severity,
             document, n)
       ), pending_before AS MATERIALIZED (
         SELECT s.fingerprint, s.starts_at FROM alert_state s JOIN given g ON g.fingerprint = s.fingerprint
         WHERE s.scope = of_scope AND s.alert_state = 'pending'
       ), put AS (
         INSERT INTO alert_state AS s
           (scope, fingerprint, device_id, partition, "offset", starts_at, alert_state, state)
         SELECT of_scope, g.fingerprint, g.device_id, g.partition, g."offset", g.starts_at, g.alert_state, g.state
         FROM given g
         ON CONFLICT (fingerprint, scope) DO UPDATE SET partition = excluded.partition, "offset" = excluded."offset",
           starts_at = excluded.starts_at, alert_state = excluded.alert_state, state = excluded.state
         -- Not a row at or past this position: the same records came again. Offsets of different partitions say
         -- nothing about which is later.
         WHERE excluded."offset" > s."offset" OR excluded.partition <> s.partition
         RETURNING fingerprint, starts_at
       ), cancelled AS (
         DELETE FROM alerts a USING pending_before b, put p
         WHERE p.fingerprint = b.fingerprint AND b.starts_at IS DISTINCT FROM p.starts_at
           AND a.fingerprint = b.fingerprint AND a.starts_at = b.starts_at
       )
       INSERT INTO alerts (fingerprint, starts_at, device_id, rule, severity, state, changed_at, alert)
       SELECT g.fingerprint, g.starts_at, g.device_id, g.rule, g.severity, g.alert_state, g.changed_at, g.document
       FROM given g JOIN put p ON p.fingerprint = g.fingerprint WHERE g.document IS NOT NULL ORDER BY g.n
       ON CONFLICT (fingerprint, starts_at) DO UPDATE SET state = excluded.state, changed_at = excluded.changed_at,
         alert = excluded.alert
       -- Rows that only remember a later event time have the document that is there.
       WHERE alerts.alert <> excluded.alert;
     END IF;

     IF cardinality(ended_fingerprints) > 0 THEN
       INSERT INTO alerts (fingerprint, starts_at, device_id, rule, severity, state, changed_at, alert)
       SELECT * FROM unnest(ended_fingerprints, ended_starts, ended_devices, ended_rules, ended_severities,
         ended_states, ended_changes, ended_documents)
       ON CONFLICT (fingerprint, starts_at) DO UPDATE SET state = excluded.state, changed_at = excluded.changed_at,
         alert = excluded.alert
       WHERE alerts.state <> 'resolved';
     END IF;
     RETURN NULL;
   END $$;`,
];
