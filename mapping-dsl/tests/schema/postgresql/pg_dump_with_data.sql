--
-- PostgreSQL database dump
--

\restrict 2bqhY5aFz
-- Dumped from database version 17.6
SET statement_timeout = 0;
SELECT pg_catalog.set_config('search_path', '', false);
CREATE EXTENSION IF NOT EXISTS citext WITH SCHEMA public;

CREATE SCHEMA hr;

CREATE TYPE hr."Mood" AS ENUM (
    'sad',
    'it''s, ok',
    ''
);
CREATE TYPE public.pair AS (
	a integer,
	b text
);
CREATE DOMAIN hr.positive AS integer DEFAULT 1 NOT NULL
	CONSTRAINT pos CHECK ((VALUE > 0));
CREATE DOMAIN public.grade AS character varying(1)
	CONSTRAINT grades CHECK (((VALUE)::text = ANY ((ARRAY['a'::character varying, 'b'::character varying])::text[])));

CREATE FUNCTION public.add(a integer) RETURNS integer
    LANGUAGE sql
    BEGIN ATOMIC
 SELECT (a + 1);
 SELECT CASE WHEN true THEN 1 ELSE 2 END AS "case";
END;
CREATE FUNCTION public.noted() RETURNS trigger
    LANGUAGE plpgsql
    AS $_$ BEGIN EXECUTE $$CREATE TABLE no (a int);$$; RETURN NEW; END; $_$;

CREATE TABLE hr."Person" (
    id integer NOT NULL,
    counted integer NOT NULL,
    "Full Name" character varying(20) COLLATE pg_catalog."C" DEFAULT 'O''Neil, (x'::character varying NOT NULL,
    mood hr."Mood" DEFAULT 'sad'::hr."Mood",
    many hr."Mood"[] DEFAULT '{}'::hr."Mood"[],
    n hr.positive,
    grade public.grade,
    mail public.citext,
    settings jsonb DEFAULT '{"a": "b, c"}'::jsonb NOT NULL,
    at timestamp(3) with time zone DEFAULT CURRENT_TIMESTAMP,
    for_days interval day to second(3) DEFAULT '1 day'::interval,
    own uuid DEFAULT gen_random_uuid() NOT NULL,
    twice integer GENERATED ALWAYS AS ((n * 2)) STORED,
    code character(3) STORAGE EXTERNAL COMPRESSION lz4,
    CONSTRAINT "Person_n_not_null" NOT NULL n,
    CONSTRAINT known CHECK (((code IS NULL) OR (code = ANY (ARRAY['abc'::bpchar, 'xyz'::bpchar])))),
    CONSTRAINT no_overlap EXCLUDE USING gist (at WITH =) WHERE ((n > 3))
);
ALTER TABLE hr."Person" OWNER TO postgres;
COMMENT ON TABLE hr."Person" IS 'People; all';
COMMENT ON COLUMN hr."Person"."Full Name" IS 'it''s
a "name"; --';

ALTER TABLE hr."Person" ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME hr."Person_id_seq"
    START WITH 1
    NO MAXVALUE
    CACHE 1
);
CREATE SEQUENCE hr."Person_counted_seq" AS integer START WITH 1;
ALTER SEQUENCE hr."Person_counted_seq" OWNED BY hr."Person".counted;

CREATE TABLE public."Person" (
    id bigint NOT NULL,
    boss bigint,
    other integer
);
CREATE TABLE public.log (
    id bigint NOT NULL,
    day date NOT NULL
)
PARTITION BY RANGE (day);
CREATE TABLE public.log_2020 (
    id bigint NOT NULL,
    day date NOT NULL
);
CREATE TABLE public.parent (
    a integer,
    b text,
    CONSTRAINT parent_b_check CHECK ((b <> 'x'::text))
);
CREATE TABLE public.child (
    c integer
)
INHERITS (public.parent);
CREATE UNLOGGED TABLE public.fast (
    a bytea,
    b oid DEFAULT 1
)
WITH (fillfactor='70');
CREATE FOREIGN TABLE public.far (
    a integer OPTIONS (column_name 'A, b') NOT NULL
)
SERVER elsewhere
OPTIONS (table_name 'far');
ALTER TABLE ONLY public.log ATTACH PARTITION public.log_2020 FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');
ALTER TABLE ONLY hr."Person" ALTER COLUMN counted SET DEFAULT nextval('hr."Person_counted_seq"'::regclass);

COPY hr."Person" (id, counted, "Full Name") FROM stdin;
1	1	x;\n\\.	y
2	2	'; CREATE TABLE no (a int); --
\N	\N	$$
\.


SELECT pg_catalog.setval('hr."Person_id_seq"', 2, true);
ALTER TABLE ONLY hr."Person"
    ADD CONSTRAINT "Person_pkey" PRIMARY KEY (id);
ALTER TABLE ONLY public."Person"
    ADD CONSTRAINT "Person_pkey" PRIMARY KEY (id);
ALTER TABLE ONLY hr."Person"
    ADD CONSTRAINT "Full Name" UNIQUE NULLS NOT DISTINCT ("Full Name") INCLUDE (n) WITH (fillfactor='80') DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE public."Person"
    ADD CONSTRAINT later CHECK ((id > 0)) NOT VALID;
CREATE UNIQUE INDEX one_boss ON public."Person" USING btree (boss) WHERE (boss IS NOT NULL);
CREATE UNIQUE INDEX some ON public."Person" USING btree (boss) WHERE (other > 3);
CREATE INDEX lowered ON hr."Person" USING btree (lower(("Full Name")::text) text_pattern_ops);
CREATE INDEX ordered ON ONLY hr."Person" USING btree (n DESC NULLS LAST, "Full Name" COLLATE "C" varchar_pattern_ops) INCLUDE (id);
ALTER TABLE ONLY public."Person"
    ADD CONSTRAINT boss FOREIGN KEY (boss) REFERENCES public."Person"(id) MATCH FULL ON UPDATE CASCADE ON DELETE SET NULL (boss) DEFERRABLE INITIALLY DEFERRED NOT VALID;
ALTER TABLE ONLY public."Person"
    ADD CONSTRAINT other FOREIGN KEY (other) REFERENCES hr."Person"(id) ON DELETE CASCADE;
CREATE TRIGGER t BEFORE INSERT ON public."Person" FOR EACH ROW EXECUTE FUNCTION public.noted();
CREATE RULE r AS ON INSERT TO public.fast DO INSTEAD ( DELETE FROM public.fast; SELECT 1; );
ALTER TABLE public."Person" ENABLE ROW LEVEL SECURITY;
CREATE POLICY p ON public."Person" USING (true);
GRANT SELECT ON TABLE public."Person" TO PUBLIC;
\connect other
\unrestrict 2bqhY5aFz
