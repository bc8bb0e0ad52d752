CREATE TABLE item (
    id integer NOT NULL PRIMARY KEY,
    kind varchar(1) NOT NULL,
    state varchar(3),
    amount integer NOT NULL,
    born timestamp NOT NULL,
    token varchar(40),
    parent integer,
    note varchar(3),
    left_part varchar(2) NOT NULL,
    right_part varchar(2)
);
CREATE TABLE pair (a integer NOT NULL, b integer NOT NULL, first integer, second integer, PRIMARY KEY (a, b));
CREATE TABLE place (id integer NOT NULL PRIMARY KEY, code varchar(3) NOT NULL);
