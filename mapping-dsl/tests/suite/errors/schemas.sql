CREATE TABLE hr.people (id integer PRIMARY KEY);
CREATE TABLE sales.people (id integer PRIMARY KEY);
