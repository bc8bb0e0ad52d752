CREATE TABLE staff (id integer NOT NULL PRIMARY KEY, name varchar(40) NOT NULL);
CREATE TABLE client (id integer NOT NULL PRIMARY KEY, name varchar(40) NOT NULL);
