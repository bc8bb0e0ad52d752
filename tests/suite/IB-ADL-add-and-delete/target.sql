CREATE TABLE t (k integer NOT NULL PRIMARY KEY, a varchar(40), n integer NOT NULL);
