CREATE TABLE r (k integer NOT NULL PRIMARY KEY, a varchar(20) NOT NULL, b varchar(20) NOT NULL);
