/** The tables of dispatch and deliver in PostgreSQL. */
export const MIGRATIONS = [
  `CREATE TABLE dispatched (single boolean PRIMARY KEY CHECK (single), cursor bigint NOT NULL);
   INSERT INTO dispatched VALUES (true, 0);
   CREATE TABLE dispatch_groups (
     key text COLLATE "C" PRIMARY KEY,
     due double precision,
     state text NOT NULL
   );
   CREATE INDEX dispatch_groups_due ON dispatch_groups (due, key) WHERE due IS NOT NULL;

   CREATE TABLE deliveries (
     -- The order in which they were made.
     sequence bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
     id text COLLATE "C" NOT NULL UNIQUE,
     target text COLLATE "C" NOT NULL,
     state text NOT NULL,
     created_at double precision NOT NULL,
     due_at double precision NOT NULL,
     -- When it can be claimed: due, and nobody's any more.
     available double precision NOT NULL,
     attempts integer NOT NULL,
     last_error text,
     fingerprints text[] NOT NULL,
     notification text NOT NULL
   );
   CREATE INDEX deliveries_of_state ON deliveries (state, sequence);
   CREATE INDEX deliveries_of_target ON deliveries (target, sequence);
   CREATE INDEX deliveries_waiting ON deliveries (target, sequence) WHERE state = 'waiting';
   CREATE INDEX deliveries_available ON deliveries (target, available) WHERE state = 'waiting';
   CREATE INDEX deliveries_old ON deliveries (created_at, sequence) WHERE state <> 'waiting';
   CREATE INDEX deliveries_about ON deliveries USING gin (fingerprints);

   CREATE TABLE delivery_attempts (
     sequence bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
     delivery_id text COLLATE "C" NOT NULL,
     target text NOT NULL,
     at double precision NOT NULL,
     duration_ms double precision NOT NULL,
     outcome text NOT NULL,
     status integer,
     error text
   );
   CREATE INDEX delivery_attempts_of ON delivery_attempts (delivery_id, sequence);
   CREATE TABLE delivery_targets (
     target text COLLATE "C" PRIMARY KEY,
     failures integer NOT NULL,
     open_until double precision NOT NULL
   );`,

  // Those of one group for one target are delivered in their order.
  `ALTER TABLE deliveries ADD COLUMN group_key text COLLATE "C";
   CREATE INDEX deliveries_in_order ON deliveries (target, group_key, sequence) INCLUDE (available)
     WHERE state = 'waiting';`,
] as const;
