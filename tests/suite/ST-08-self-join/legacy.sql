CREATE TABLE emp (id integer NOT NULL PRIMARY KEY, boss integer, name varchar(40) NOT NULL);
