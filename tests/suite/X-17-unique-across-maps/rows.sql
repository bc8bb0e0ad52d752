INSERT INTO staff VALUES (1, 'Ann@x'), (2, 'bo@x'), (3, 'cy@x'); INSERT INTO person VALUES (1, 'ann@x', NULL), (2, 'di@x', 2), (3, 'CY@X', 1), (4, 'DI@x', NULL), (5, 'ed@x', 3), (6, 'flo@x', 9);
