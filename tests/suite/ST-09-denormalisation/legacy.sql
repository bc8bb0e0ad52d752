CREATE TABLE city (id integer NOT NULL PRIMARY KEY, name varchar(40) NOT NULL);
CREATE TABLE person (id integer NOT NULL PRIMARY KEY, name varchar(40) NOT NULL, city_id integer REFERENCES city (id));
