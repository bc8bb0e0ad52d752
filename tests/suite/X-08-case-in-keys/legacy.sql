CREATE TABLE p (code varchar(20) NOT NULL PRIMARY KEY, name varchar(40) NOT NULL);
