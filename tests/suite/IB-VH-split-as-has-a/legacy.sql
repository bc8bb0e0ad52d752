CREATE TABLE r (a varchar(20) NOT NULL, b varchar(20) NOT NULL, PRIMARY KEY (a, b));
CREATE TABLE loose (a varchar(20) NOT NULL, b varchar(20) NOT NULL);
