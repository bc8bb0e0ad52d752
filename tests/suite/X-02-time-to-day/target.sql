CREATE TABLE p (id integer NOT NULL PRIMARY KEY, born date NOT NULL);
