INSERT INTO author VALUES (1, 'Ann'), (2, ''), (3, ' O''Neil '), (-4, 'Zoë 👩'), (2147483647, 'last');
