INSERT INTO city VALUES (1, 'Rome'), (2, 'Rome'); INSERT INTO person VALUES (1, 'Ann', 1), (2, 'Bo', 2), (3, 'Cy', NULL);
