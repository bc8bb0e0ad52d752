CREATE TABLE r (k integer NOT NULL PRIMARY KEY, a varchar(40));
