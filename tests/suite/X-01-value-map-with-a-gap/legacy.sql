CREATE TABLE p (id integer NOT NULL PRIMARY KEY, level varchar(1) NOT NULL CHECK (level IN ('1', '2', '3')));
