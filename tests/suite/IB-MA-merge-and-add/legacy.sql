CREATE TABLE s (f integer NOT NULL PRIMARY KEY, b varchar(40) NOT NULL);
CREATE TABLE r (k integer NOT NULL PRIMARY KEY, f integer NOT NULL REFERENCES s (f), a varchar(40));
