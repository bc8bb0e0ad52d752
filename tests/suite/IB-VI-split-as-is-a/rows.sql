INSERT INTO r VALUES (1, 'one', 'first'), (2, '', ''), (2147483647, 'last', 'highest');
