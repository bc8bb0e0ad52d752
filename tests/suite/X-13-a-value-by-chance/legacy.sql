CREATE TABLE account (id integer NOT NULL PRIMARY KEY, login varchar(20) NOT NULL, password varchar(40) NOT NULL);
