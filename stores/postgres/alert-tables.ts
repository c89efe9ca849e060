/**
 * The tables of the alert store, and the function that commits to them. It is a function because its steps depend on
 * each other's outcome, and a transaction that waits for its client between them would hold up everybody else while
 * that one is paused. Commits of one partition take turns.
 */
import { LOCKS } from './locks.js';

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
];
