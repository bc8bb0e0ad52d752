INSERT INTO parent VALUES (1, 'g'), (2, 'b'), (3, 'g'); INSERT INTO child VALUES (1, 1), (2, 2), (3, 3), (4, 99), (5, 1);
