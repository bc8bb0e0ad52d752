CREATE TABLE r (k integer NOT NULL PRIMARY KEY, a varchar(40), b varchar(40) NOT NULL);
