CREATE TABLE p (id integer NOT NULL PRIMARY KEY, mail varchar(40) NOT NULL);
