CREATE TABLE customer (
  id int(10) unsigned NOT NULL AUTO_INCREMENT,
  balance decimal(8,2) DEFAULT NULL,
  PRIMARY KEY (id)
);
CREATE TABLE country (
  code varchar(5) NOT NULL,
  name varchar(60) NOT NULL,
  PRIMARY KEY (code)
);
