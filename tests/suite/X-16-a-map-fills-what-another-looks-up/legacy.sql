CREATE TABLE branch (id integer NOT NULL PRIMARY KEY, code varchar(10) NOT NULL);
CREATE TABLE client (id integer NOT NULL PRIMARY KEY, branch varchar(10) NOT NULL);
