CREATE TABLE Tag (
  Id int(11) NOT NULL,
  Label varchar(20) NOT NULL,
  PRIMARY KEY (Id)
);
CREATE TABLE Note (
  Id int(11) NOT NULL,
  TagId int(11) DEFAULT NULL,
  Body varchar(200) DEFAULT NULL,
  PRIMARY KEY (Id)
);
CREATE TABLE Person (
  Id int(11) NOT NULL,
  Sex enum('M','F','X') NOT NULL,
  Born datetime NOT NULL,
  PRIMARY KEY (Id)
);
CREATE TABLE Pair (
  A int(11) NOT NULL,
  B int(11) NOT NULL,
  PRIMARY KEY (A, B)
);
CREATE TABLE Loose (
  Code varchar(5) NOT NULL,
  Other varchar(5) DEFAULT NULL,
  UNIQUE KEY (Other)
);
CREATE TABLE Shape (
  Id int(11) NOT NULL,
  Area geometry NOT NULL,
  PRIMARY KEY (Id)
);
