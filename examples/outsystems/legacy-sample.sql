-- Invented rows of the module Kern. Each shows one thing that such tables hold: what the platform stores where nothing
-- is known, what tools left that write past it, and what no constraint forbids.

INSERT INTO "OSUSR_K7X_RELATIESOORT" ("ID", "LABEL", "ORDER", "IS_ACTIVE") VALUES
  (1, 'Persoon', 1, TRUE),
  (2, 'Bedrijf', 2, TRUE),
  (3, 'Vervallen', 3, FALSE); -- the new module does not have it

INSERT INTO "OSUSR_K7X_POLISSTATUS" ("ID", "LABEL", "ORDER", "IS_ACTIVE") VALUES
  (1, 'Aanvraag', 1, TRUE),
  (2, 'Lopend', 2, TRUE),
  (3, 'Beëindigd', 3, TRUE);

INSERT INTO "OSUSR_K7X_RELATIE" ("ID", "NAAM", "EMAIL", "TELEFOON", "GEBOORTEDATUM", "RELATIESOORTID", "HOOFDRELATIEID", "STRAAT", "HUISNUMMER", "POSTCODE", "PLAATS", "ISACTIEF", "AANGEMAAKTOP", "AANGEMAAKTDOOR") VALUES
  -- belongs to a person with a higher number
  (1, 'Ann', 'Ann@Example.ORG', '010 1', '1980-02-03 00:00:00', 1, 5, 'Dam', '1', '1234 ab', 'Delft', TRUE, '2019-05-06 07:08:09.123', 7),
  -- what the platform stores for nothing
  (2, 'Brik', '', '', '1900-01-01 00:00:00', 2, NULL, '', '', '', '', TRUE, '1900-01-01 00:00:00', NULL),
  -- what other tools leave: null in texts, 0 in a reference
  (3, NULL, NULL, NULL, NULL, 1, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
  -- belongs to somebody who is gone
  (4, 'Dirk', 'dirk@example.org', '', '1900-01-01 00:00:00', 1, 999, '', '', '', '', TRUE, '2019-01-01 00:00:00', NULL),
  (5, 'Els', 'ELS@EXAMPLE.ORG', '', '1955-12-31 00:00:00', 1, 2, '', '', '', '', FALSE, '2019-01-01 00:00:00', NULL),
  -- two who belong to each other, one who belongs to itself, and one who belongs to that
  (6, 'Fee', '', '', '1900-01-01 00:00:00', 1, 7, '', '', '', '', TRUE, '2019-01-01 00:00:00', NULL),
  (7, 'Gijs', '', '', '1900-01-01 00:00:00', 1, 6, '', '', '', '', TRUE, '2019-01-01 00:00:00', NULL),
  (8, 'Hein', '', '', '1900-01-01 00:00:00', 1, 8, '', '', '', '', TRUE, '2019-01-01 00:00:00', NULL),
  (9, 'Ine', '', '', '1900-01-01 00:00:00', 1, 8, '', '', '', '', TRUE, '2019-01-01 00:00:00', NULL),
  -- no kind, and a kind that the new module does not have
  (10, 'Jan', '', '', '1900-01-01 00:00:00', NULL, NULL, '', '', '', '', TRUE, '2019-01-01 00:00:00', NULL),
  (11, 'Kim', '', '', '1900-01-01 00:00:00', 3, NULL, '', '', '', '', TRUE, '2019-01-01 00:00:00', NULL),
  -- a postcode that is none
  (12, 'Lex', '', '', '1900-01-01 00:00:00', 1, NULL, '', '', '1234567 AB', '', TRUE, '2019-01-01 00:00:00', NULL),
  -- a part of an address; letters beyond ASCII; a blank is not nothing
  (13, 'Mia', 'ÉVA@Example.org', '', '1900-01-01 00:00:00', 1, 3, '', NULL, '', 'Delft', TRUE, '2019-01-01 00:00:00', NULL),
  (14, 'Noor', '', '', '1900-01-01 00:00:00', 2, NULL, ' ', '', '', '', TRUE, '2019-01-01 00:00:00', NULL);

INSERT INTO "OSUSR_K7X_POLIS1" ("ID", "RELATIEID", "POLISNUMMER", "PREMIE", "INGANGSDATUM", "EINDDATUM", "STATUSID", "VERVANGTPOLISID") VALUES
  -- takes the place of a policy with a higher number
  (1, 1, 'P-1', '12.50000000', '2020-01-01 00:00:00', '1900-01-01 00:00:00', 2, 3),
  -- half a cent
  (2, 1, 'P-2', '12.50500000', '2020-01-01 00:00:00', NULL, 2, NULL),
  -- 0 in a reference, no premium, differs from the first by case only
  (3, 2, 'p-1', NULL, '2018-07-01 00:00:00', '2019-12-31 00:00:00', 3, 0),
  -- a number twice
  (4, 1, 'P-4', '1.00000000', '2020-01-01 00:00:00', NULL, 2, NULL),
  (5, 3, 'P-4', '1.00000000', '2020-01-01 00:00:00', NULL, 2, NULL),
  -- nobody's: 0 and null
  (6, 0, 'P-6', '1.00000000', '2020-01-01 00:00:00', NULL, 2, NULL),
  (7, NULL, 'P-7', '1.00000000', '2020-01-01 00:00:00', NULL, 2, NULL),
  -- of a person who stays behind
  (8, 4, 'P-8', '1.00000000', '2020-01-01 00:00:00', NULL, 2, NULL),
  -- takes the place of one that stays behind, of one that is gone, and of itself
  (9, 1, 'P-9', '1.00000000', '2020-01-01 00:00:00', NULL, 2, 2),
  (10, 1, 'P-10', '1.00000000', '2020-01-01 00:00:00', NULL, 2, 999),
  (11, 1, 'P-11', '1.00000000', '2020-01-01 00:00:00', NULL, 2, 11),
  -- no number, twice
  (12, 1, '', '1.00000000', '2020-01-01 00:00:00', NULL, 2, NULL),
  (13, 1, NULL, '1.00000000', '2020-01-01 00:00:00', NULL, 2, NULL),
  -- begins never
  (14, 1, 'P-14', '1.00000000', '1900-01-01 00:00:00', NULL, 2, NULL),
  -- as much as the column takes, and more
  (15, 3, 'P-15', '9999999999999999.99000000', '2020-01-01 00:00:00', NULL, 1, 1),
  (16, 3, 'P-16', '10000000000000000.00000000', '2020-01-01 00:00:00', NULL, 1, NULL),
  -- no state
  (17, 3, 'P-17', '1.00000000', '2020-01-01 00:00:00', NULL, NULL, NULL);

INSERT INTO "OSUSR_K7X_DOCUMENT" ("ID", "POLISID", "RELATIEID", "BESTANDSNAAM", "MIMETYPE", "INHOUD", "GEMAAKTOP") VALUES
  -- of a policy, and of a person, with the number of another table's row
  (1, 1, NULL, 'polis.pdf', 'application/pdf', X'00FF41', '2020-02-02 10:11:12.500'),
  (2, NULL, 1, 'brief.txt', 'text/plain', X'42', '2020-02-02 10:11:12'),
  (3, 0, 3, NULL, NULL, NULL, NULL),
  (4, 3, 0, '', '', X'', '1900-01-01 00:00:00'),
  -- of two, of nobody in two spellings
  (5, 1, 1, 'twee.txt', 'text/plain', X'43', '2020-02-02 10:11:12'),
  (6, NULL, NULL, 'geen.txt', 'text/plain', X'44', '2020-02-02 10:11:12'),
  (7, 0, 0, 'geen.txt', 'text/plain', X'45', '2020-02-02 10:11:12'),
  -- of one that is gone, and of those that stay behind
  (8, 999, NULL, 'wees.txt', 'text/plain', X'46', '2020-02-02 10:11:12'),
  (9, 4, NULL, 'wees.txt', 'text/plain', X'47', '2020-02-02 10:11:12'),
  (10, NULL, 4, 'wees.txt', 'text/plain', X'48', '2020-02-02 10:11:12');
