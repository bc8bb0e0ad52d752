INSERT INTO emp VALUES (1, NULL, 'Ann'), (2, 1, 'Bo'), (3, 4, 'Cy'), (4, 3, 'Di'), (5, 5, 'Ed'), (6, 99, 'Flo');
