INSERT INTO r VALUES ('a', 'x'), ('a', 'y'), ('b', 'x'), ('', 'x');
INSERT INTO loose VALUES ('a', 'x'), ('a', 'x');
