CREATE TABLE person (id integer NOT NULL PRIMARY KEY, name varchar(40) NOT NULL, city varchar(40));
