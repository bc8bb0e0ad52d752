CREATE TABLE emp (id integer NOT NULL PRIMARY KEY, name varchar(40) NOT NULL);
CREATE TABLE manages (emp_id integer NOT NULL PRIMARY KEY, boss_id integer NOT NULL REFERENCES emp (id));
