/** The tables of aggregate in PostgreSQL. */
export const MIGRATIONS = [
  `CREATE TABLE aggregation_tallies (
     partition integer PRIMARY KEY,
     next_offset numeric(60) NOT NULL,
     aggregated bigint NOT NULL,
     late bigint NOT NULL,
     duplicate bigint NOT NULL,
     refused bigint NOT NULL,
     ticks bigint NOT NULL
   );
   CREATE TABLE aggregation_devices (
     device_id text COLLATE "C" PRIMARY KEY,
     partition integer NOT NULL,
     "offset" numeric(60) NOT NULL,
     state text NOT NULL
   );
   CREATE SEQUENCE aggregation_changes;
   CREATE TABLE windows (
     device_id text COLLATE "C" NOT NULL,
     start double precision NOT NULL,
     size double precision NOT NULL,
     partition integer NOT NULL,
     "offset" numeric(60) NOT NULL,
     closed boolean NOT NULL,
     events bigint NOT NULL,
     metrics text NOT NULL,
     change bigint NOT NULL,
     PRIMARY KEY (device_id, start, size)
   );
   CREATE INDEX windows_change ON windows (change);
   CREATE INDEX windows_open ON windows (partition, device_id) WHERE NOT closed;
   CREATE INDEX windows_open_of_device ON windows (device_id, start, size) WHERE NOT closed;
   CREATE TABLE late (
     partition integer NOT NULL,
     "offset" numeric(60) NOT NULL,
     device_id text NOT NULL,
     event_time double precision NOT NULL,
     arrival_time double precision NOT NULL,
     window_start double precision NOT NULL,
     payload text NOT NULL,
     PRIMARY KEY (partition, "offset")
   );
   CREATE INDEX late_arrival ON late (arrival_time, partition, "offset");`,

  // Windows of before are those of the definition `device`. A change of a column's type writes the table and its indices
  // anew in one go, and leaves no dead rows behind as an `UPDATE` of every row would.
  `ALTER TABLE aggregation_tallies
     ADD COLUMN ahead bigint NOT NULL DEFAULT 0,
     ADD COLUMN behind bigint NOT NULL DEFAULT 0,
     ADD COLUMN corrections bigint NOT NULL DEFAULT 0;

   ALTER TABLE aggregation_devices RENAME TO aggregation_progress;
   ALTER TABLE aggregation_progress RENAME COLUMN device_id TO key;
   ALTER TABLE aggregation_progress ADD COLUMN scope text COLLATE "C" NOT NULL DEFAULT '';
   ALTER TABLE aggregation_progress ALTER COLUMN scope DROP DEFAULT;
   ALTER TABLE aggregation_progress DROP CONSTRAINT aggregation_devices_pkey;
   ALTER TABLE aggregation_progress ADD PRIMARY KEY (partition, scope, key);

   DROP INDEX windows_open;
   DROP INDEX windows_open_of_device;
   ALTER TABLE windows DROP CONSTRAINT windows_pkey;
   ALTER TABLE windows RENAME COLUMN device_id TO key;
   ALTER TABLE windows
     ADD COLUMN definition text COLLATE "C" NOT NULL DEFAULT 'device',
     ADD COLUMN until double precision NOT NULL DEFAULT 0,
     ADD COLUMN revision integer NOT NULL DEFAULT 0,
     ADD COLUMN states text;
   ALTER TABLE windows
     ALTER COLUMN definition DROP DEFAULT,
     ALTER COLUMN until DROP DEFAULT,
     ALTER COLUMN revision DROP DEFAULT,
     ALTER COLUMN until TYPE double precision USING start + size,
     ALTER COLUMN revision TYPE integer USING closed::integer;
   ALTER TABLE windows ADD PRIMARY KEY (definition, key, start, size, partition);
   CREATE INDEX windows_open ON windows (partition, definition, key, start, size) WHERE NOT closed;

   ALTER TABLE late ADD COLUMN definitions text NOT NULL DEFAULT '["device"]';
   ALTER TABLE late ALTER COLUMN definitions DROP DEFAULT;
   CREATE INDEX late_device ON late (device_id, arrival_time, partition, "offset");`,
] as const;
