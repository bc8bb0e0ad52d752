CREATE TABLE Person (
  Id int(11) NOT NULL AUTO_INCREMENT,
  `Full Name` varchar(40) NOT NULL,
  Nick varchar(20) DEFAULT NULL,
  Sex enum('M','F','X') NOT NULL,
  Level tinyint(4) DEFAULT NULL,
  Active tinyint(1) NOT NULL,
  Born datetime NOT NULL,
  Died date DEFAULT NULL,
  Points decimal(8,2) NOT NULL,
  MotherId int(11) DEFAULT NULL,
  PRIMARY KEY (Id)
);
CREATE TABLE Account (
  PersonId int(11) NOT NULL,
  Kind varchar(8) NOT NULL,
  Login varchar(30) NOT NULL,
  Größe varchar(10) DEFAULT NULL,
  PRIMARY KEY (PersonId, Kind)
);
CREATE TABLE City (
  Code char(3) NOT NULL,
  Name varchar(60) NOT NULL,
  Path varchar(60) DEFAULT NULL,
  PRIMARY KEY (Code)
);
