CREATE TABLE p (id integer NOT NULL PRIMARY KEY, born timestamp NOT NULL);
