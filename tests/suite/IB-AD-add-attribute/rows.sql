INSERT INTO r VALUES (1, 'x'), (2, NULL), (-3, '');
