INSERT INTO person VALUES (1, 'S', 'Ann'), (2, 'C', 'Bo'), (3, 'X', 'Cy'), (4, 's', 'Di'), (5, 'S ', 'Ed');
