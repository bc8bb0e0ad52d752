CREATE TABLE person (id integer NOT NULL PRIMARY KEY, kind varchar(40) NOT NULL, name varchar(40) NOT NULL);
