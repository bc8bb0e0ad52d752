INSERT INTO branch (id, code) VALUES (50, 'C'), (51, 'E');
