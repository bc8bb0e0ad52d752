CREATE TABLE p (id integer NOT NULL PRIMARY KEY, first varchar(40) NOT NULL, last varchar(40) NOT NULL, phone varchar(31) NOT NULL);
