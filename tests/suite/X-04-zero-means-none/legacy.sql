CREATE TABLE p (id integer NOT NULL PRIMARY KEY, tel bigint);
