CREATE TABLE staff (id integer NOT NULL PRIMARY KEY, mail varchar(40) NOT NULL);
CREATE TABLE person (id integer NOT NULL PRIMARY KEY, mail varchar(40) NOT NULL, boss integer);
