CREATE TABLE p (id integer NOT NULL PRIMARY KEY, phone varchar(23) NOT NULL);
