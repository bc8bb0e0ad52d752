-- The records that the new modules ship with, under numbers of their own.
INSERT INTO "OSUSR_P2D_RELATIESOORT" ("ID", "LABEL", "ORDER", "IS_ACTIVE") VALUES
  (1, 'Bedrijf', 1, TRUE),
  (2, 'Persoon', 2, TRUE);
INSERT INTO "OSUSR_9QF_POLISSTATUS" ("ID", "LABEL", "ORDER", "IS_ACTIVE") VALUES
  (1, 'Beëindigd', 1, TRUE),
  (2, 'Aanvraag', 2, TRUE),
  (3, 'Lopend', 3, TRUE);
