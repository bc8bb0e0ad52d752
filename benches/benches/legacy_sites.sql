-- The sites that the identifiers of the benchmark refer to.
INSERT INTO Hospital_Identifier_Type VALUES (1, 'HXA', '', 'Alpha', 'Alpha'), (2, 'HXB', '', 'Beta', 'Beta');
