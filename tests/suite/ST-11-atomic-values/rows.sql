INSERT INTO p VALUES (1, 'Ann Lee', '12', '345'), (2, 'Madonna', '', ''), (3, 'Ana de la Cruz', '1-2', '3'), (4, ' x', '9', '9');
