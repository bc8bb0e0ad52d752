-- The records of the module Kern: {relaties} people, {polissen} policies, {documenten} documents, with little content.
-- Every 40th person belongs to another one, every 25th policy takes the place of another one. A tenth of the people has no
-- address, a tenth of the texts and dates is what the platform stores for nothing.
INSERT INTO "OSUSR_K7X_RELATIESOORT" VALUES (1, 'Persoon', 1, TRUE), (2, 'Bedrijf', 2, TRUE);
INSERT INTO "OSUSR_K7X_POLISSTATUS" VALUES (1, 'Aanvraag', 1, TRUE), (2, 'Lopend', 2, TRUE), (3, 'Beëindigd', 3, TRUE);
INSERT INTO "OSUSR_K7X_RELATIE" ("ID", "NAAM", "EMAIL", "TELEFOON", "GEBOORTEDATUM", "RELATIESOORTID", "HOOFDRELATIEID",
    "STRAAT", "HUISNUMMER", "POSTCODE", "PLAATS", "ISACTIEF", "AANGEMAAKTOP", "AANGEMAAKTDOOR")
SELECT n, 'Relatie ' || n, CASE WHEN n % 10 = 3 THEN '' ELSE 'Relatie' || n || '@Example.org' END, '010 ' || n % 1000000,
    CASE WHEN n % 10 = 4 THEN timestamp '1900-01-01' ELSE timestamp '1930-01-01' + n % 25000 * interval '1 day' END,
    1 + n % 2, CASE WHEN n % 40 = 0 THEN n - 1 END,
    CASE WHEN n % 10 = 5 THEN '' ELSE 'Straat ' || n % 9999 END, CASE WHEN n % 10 = 5 THEN '' ELSE (n % 300)::text END,
    CASE WHEN n % 10 = 5 THEN '' ELSE 1000 + n % 8999 || ' ab' END, CASE WHEN n % 10 = 5 THEN '' ELSE 'Plaats ' || n % 500 END,
    n % 7 <> 0, timestamp '2015-01-01' + n % 3000 * interval '1 day', n % 50
FROM generate_series(1, {relaties}) AS n;
INSERT INTO "OSUSR_K7X_POLIS1" ("ID", "RELATIEID", "POLISNUMMER", "PREMIE", "INGANGSDATUM", "EINDDATUM", "STATUSID",
    "VERVANGTPOLISID")
SELECT n, 1 + n % {relaties}, 'P' || lpad(n::text, 9, '0'), (n % 100000) / 100.0,
    timestamp '2010-01-01' + n % 5000 * interval '1 day',
    CASE WHEN n % 10 = 6 THEN timestamp '1900-01-01' ELSE timestamp '2025-01-01' + n % 900 * interval '1 day' END,
    1 + n % 3, CASE WHEN n % 25 = 0 THEN n - 1 END
FROM generate_series(1, {polissen}) AS n;
INSERT INTO "OSUSR_K7X_DOCUMENT" ("ID", "POLISID", "RELATIEID", "BESTANDSNAAM", "MIMETYPE", "INHOUD", "GEMAAKTOP")
SELECT n, CASE WHEN n % 3 > 0 THEN 1 + n % {polissen} END, CASE WHEN n % 3 = 0 THEN 1 + n % {relaties} END,
    'brief-' || n || '.pdf', 'application/pdf', CASE WHEN n % 10 <> 7 THEN decode(lpad(to_hex(n), 16, '0'), 'hex') END,
    timestamp '2016-01-01' + n % 3000 * interval '1 day'
FROM generate_series(1, {documenten}) AS n;
-- The mapping asks whether another policy has the same number.
CREATE INDEX ON "OSUSR_K7X_POLIS1" ("POLISNUMMER");
ANALYZE;
