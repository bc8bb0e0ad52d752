CREATE TABLE t (k integer NOT NULL PRIMARY KEY, a varchar(40));
