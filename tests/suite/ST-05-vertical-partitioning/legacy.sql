CREATE TABLE emp (id integer NOT NULL PRIMARY KEY, name varchar(40) NOT NULL, street varchar(40), city varchar(40));
