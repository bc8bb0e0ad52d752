CREATE TABLE p (id integer NOT NULL PRIMARY KEY, access varchar(3) NOT NULL CHECK (access IN ('ALL', 'NTK')));
