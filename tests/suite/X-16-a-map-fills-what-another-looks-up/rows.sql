INSERT INTO branch VALUES (1, 'A'), (2, 'B'), (3, 'B'), (4, 'C'); INSERT INTO client VALUES (1, 'A'), (2, 'B'), (3, 'C'), (4, 'D'), (5, 'E'), (6, 'A');
