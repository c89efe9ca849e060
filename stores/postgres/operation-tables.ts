/** The tables of what operators do, in PostgreSQL. */
export const OPERATION_MIGRATIONS = [
  `CREATE TABLE silences (
     id text COLLATE "C" PRIMARY KEY,
     matchers text NOT NULL,
     starts_at double precision NOT NULL,
     ends_at double precision NOT NULL,
     author text NOT NULL,
     reason text NOT NULL,
     created_at double precision NOT NULL,
     expired_by text
   );
   CREATE INDEX silences_end ON silences (ends_at);
   CREATE INDEX silences_newest ON silences (created_at, id);
   CREATE TABLE acknowledgements (
     fingerprint text COLLATE "C" NOT NULL,
     starts_at double precision NOT NULL,
     author text NOT NULL,
     comment text NOT NULL,
     at double precision NOT NULL,
     PRIMARY KEY (fingerprint, starts_at)
   );
   CREATE INDEX acknowledgements_at ON acknowledgements (at);
   CREATE TABLE alert_comments (
     id text COLLATE "C" PRIMARY KEY,
     fingerprint text COLLATE "C" NOT NULL,
     starts_at double precision NOT NULL,
     author text NOT NULL,
     text text NOT NULL,
     at double precision NOT NULL
   );
   CREATE INDEX alert_comments_of ON alert_comments (fingerprint, at, id);
   CREATE INDEX alert_comments_at ON alert_comments (at);
   CREATE TABLE audit_trail (
     id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
     at double precision NOT NULL,
     author text NOT NULL,
     act text NOT NULL,
     subject text NOT NULL,
     details text NOT NULL
   );
   CREATE INDEX audit_trail_at ON audit_trail (at);`,
] as const;
