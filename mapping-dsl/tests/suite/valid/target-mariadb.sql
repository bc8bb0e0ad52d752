CREATE TABLE `Person` (
  `Id` int(11) NOT NULL,
  `Name` varchar(60) NOT NULL,
  `Sex` enum('F','M','X','U') NOT NULL DEFAULT 'U',
  `Active` int(11) NOT NULL,
  `Born` datetime NOT NULL,
  `Died` date DEFAULT NULL,
  `Small` smallint(6) DEFAULT NULL,
  PRIMARY KEY (`Id`)
);
