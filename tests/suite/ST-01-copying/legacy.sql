CREATE TABLE author (id integer NOT NULL PRIMARY KEY, name varchar(40) NOT NULL);
