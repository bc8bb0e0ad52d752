INSERT INTO party (id, kind, mail) VALUES (90, 'other', 'ed@x');
