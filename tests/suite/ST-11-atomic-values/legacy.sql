CREATE TABLE p (id integer NOT NULL PRIMARY KEY, full_name varchar(40) NOT NULL, area varchar(10) NOT NULL, num varchar(20) NOT NULL);
