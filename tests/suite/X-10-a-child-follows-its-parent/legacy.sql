CREATE TABLE parent (id integer NOT NULL PRIMARY KEY, kind varchar(1) NOT NULL);
CREATE TABLE child (id integer NOT NULL PRIMARY KEY, parent_id integer NOT NULL);
