CREATE TABLE p (id integer NOT NULL PRIMARY KEY, ramq varchar(16) NOT NULL);
