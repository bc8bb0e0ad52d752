CREATE TABLE t (k integer NOT NULL PRIMARY KEY, a varchar(40), b varchar(40) NOT NULL, f integer NOT NULL, n varchar(40) NOT NULL);
