CREATE TABLE step (id integer NOT NULL PRIMARY KEY, previous integer, keep integer NOT NULL);
