INSERT INTO s VALUES (10, 'ten'), (20, 'twenty'); INSERT INTO r VALUES (1, 10, 'x'), (2, 10, NULL), (3, 20, 'z');
