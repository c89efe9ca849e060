/** The tables of dispatch and deliver in SQLite (`dispatch.db`). */
export const MIGRATIONS = [
  `CREATE TABLE dispatched (only INTEGER PRIMARY KEY CHECK (only = 1), cursor INTEGER NOT NULL);
   INSERT INTO dispatched VALUES (1, 0);
   CREATE TABLE groups (key TEXT PRIMARY KEY, due INTEGER, state TEXT NOT NULL);
   CREATE INDEX groups_due ON groups (due, key) WHERE due IS NOT NULL;

   CREATE TABLE deliveries (
     -- The order in which they were made.
     sequence INTEGER PRIMARY KEY,
     id TEXT NOT NULL UNIQUE,
     target TEXT NOT NULL,
     state TEXT NOT NULL,
     created_at INTEGER NOT NULL,
     due_at INTEGER NOT NULL,
     -- When it can be claimed: due, and nobody's any more.
     available INTEGER NOT NULL,
     attempts INTEGER NOT NULL,
     last_error TEXT,
     fingerprints TEXT NOT NULL,
     notification TEXT NOT NULL
   );
   CREATE INDEX deliveries_of_state ON deliveries (state, sequence);
   CREATE INDEX deliveries_of_target ON deliveries (target, sequence);
   CREATE INDEX deliveries_waiting ON deliveries (target, sequence, available) WHERE state = 'waiting';
   CREATE INDEX deliveries_available ON deliveries (target, available) WHERE state = 'waiting';
   CREATE INDEX deliveries_old ON deliveries (created_at, sequence) WHERE state <> 'waiting';
   CREATE TABLE delivery_alerts (
     fingerprint TEXT NOT NULL,
     sequence INTEGER NOT NULL,
     PRIMARY KEY (fingerprint, sequence)
   ) WITHOUT ROWID;

   CREATE TABLE delivery_counts (
     target TEXT NOT NULL,
     state TEXT NOT NULL,
     n INTEGER NOT NULL,
     PRIMARY KEY (target, state)
   ) WITHOUT ROWID;
   CREATE TRIGGER deliveries_inserted AFTER INSERT ON deliveries BEGIN
     INSERT INTO delivery_counts VALUES (NEW.target, NEW.state, 1)
       ON CONFLICT (target, state) DO UPDATE SET n = n + 1;
   END;
   CREATE TRIGGER deliveries_changed AFTER UPDATE OF state ON deliveries WHEN NEW.state <> OLD.state BEGIN
     UPDATE delivery_counts SET n = n - 1 WHERE target = OLD.target AND state = OLD.state;
     INSERT INTO delivery_counts VALUES (NEW.target, NEW.state, 1)
       ON CONFLICT (target, state) DO UPDATE SET n = n + 1;
   END;
   CREATE TRIGGER deliveries_deleted AFTER DELETE ON deliveries BEGIN
     UPDATE delivery_counts SET n = n - 1 WHERE target = OLD.target AND state = OLD.state;
   END;

   CREATE TABLE attempts (
     delivery_id TEXT NOT NULL,
     target TEXT NOT NULL,
     at INTEGER NOT NULL,
     duration_ms REAL NOT NULL,
     outcome TEXT NOT NULL,
     status INTEGER,
     error TEXT
   );
   CREATE INDEX attempts_of_delivery ON attempts (delivery_id);
   CREATE TABLE targets (
     target TEXT PRIMARY KEY,
     failures INTEGER NOT NULL,
     open_until INTEGER NOT NULL
   ) WITHOUT ROWID;`,

  // Those of one group for one target are delivered in their order.
  `ALTER TABLE deliveries ADD COLUMN group_key TEXT;
   CREATE INDEX deliveries_in_order ON deliveries (target, group_key, sequence, available) WHERE state = 'waiting';`,
] as const;
