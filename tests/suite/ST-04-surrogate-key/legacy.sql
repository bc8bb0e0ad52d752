CREATE TABLE book (isbn varchar(40) NOT NULL PRIMARY KEY, title varchar(40) NOT NULL);
