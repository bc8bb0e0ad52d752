INSERT INTO r VALUES (1, 'x', 'y'), (2, NULL, '');
