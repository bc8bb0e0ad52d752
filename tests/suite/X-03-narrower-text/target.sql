CREATE TABLE p (id integer NOT NULL PRIMARY KEY, ramq varchar(12) NOT NULL);
