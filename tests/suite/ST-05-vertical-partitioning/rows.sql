INSERT INTO emp VALUES (1, 'Ann', 'Main', 'Rome'), (2, 'Bo', 'Main', 'Rome'), (3, 'Cy', NULL, NULL), (7, 'Di', '', 'Oslo');
