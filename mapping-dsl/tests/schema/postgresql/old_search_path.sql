-- as pg_dump before 10.3 wrote it: names without a schema, and a search path in front of them
SET search_path = hr, pg_catalog;
CREATE TABLE people (
    id serial PRIMARY KEY,
    name text DEFAULT E'a\\b\'c'
);
CREATE TABLE jobs (
    person integer REFERENCES people ON DELETE CASCADE,
    since date DEFAULT ('now'::text)::date
);
SET search_path = public, pg_catalog;
CREATE TABLE people (
    id integer NOT NULL,
    nick varchar
);
ALTER TABLE ONLY people ADD CONSTRAINT people_pkey PRIMARY KEY (id);
ALTER TABLE people RENAME COLUMN nick TO nickname;
ALTER TABLE people ALTER COLUMN nickname TYPE character varying(9) USING substr(nickname, 1, 9),
    ADD COLUMN IF NOT EXISTS born date, DROP COLUMN IF EXISTS gone;
CREATE TABLE like_it (LIKE people INCLUDING ALL, more text);
CREATE TABLE answers AS SELECT 42 AS answer;
CREATE TABLE typed OF pair;
