INSERT INTO p VALUES (1, 'ann@x'), (2, 'ANN@x'), (3, 'bo@x'), (4, 'Ann@X'), (5, 'cy@x');
