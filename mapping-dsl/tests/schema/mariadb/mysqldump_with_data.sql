-- MySQL dump 10.13  Distrib 5.7.44, for Linux (x86_64)
--
-- Host: localhost    Database: clinic
-- ------------------------------------------------------

/*!40101 SET @OLD_CHARACTER_SET_CLIENT=@@CHARACTER_SET_CLIENT */;
/*!40103 SET TIME_ZONE='+00:00' */;

--
-- Current Database: `clinic`
--

CREATE DATABASE /*!32312 IF NOT EXISTS*/ `clinic` /*!40100 DEFAULT CHARACTER SET latin1 */;

USE `clinic`;

DROP TABLE IF EXISTS `ward`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
CREATE TABLE `ward` (
  `id` int(10) unsigned zerofill NOT NULL AUTO_INCREMENT,
  `name` varchar(40) CHARACTER SET utf8 COLLATE utf8_bin NOT NULL,
  `old_name` varchar(40) CHARACTER SET utf8 DEFAULT NULL,
  `note` text,
  `kind` enum('in, out','it''s','a\\b','','"') NOT NULL DEFAULT 'it''s',
  `flags` set('a,','b''') DEFAULT NULL,
  `beds` smallint(5) unsigned DEFAULT '0',
  `price` decimal(10,2) NOT NULL DEFAULT '0.00' COMMENT 'in €; without tax (see \'tax\')',
  `opened` datetime NOT NULL DEFAULT '0000-00-00 00:00:00',
  `changed` timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
  `area` double GENERATED ALWAYS AS ((`beds` * 4.5)) VIRTUAL,
  `bits` bit(1) NOT NULL DEFAULT b'0',
  PRIMARY KEY (`id`),
  UNIQUE KEY `name` (`name`,`kind`(1)),
  KEY `note` (`note`(20)),
  FULLTEXT KEY `words` (`note`),
  CONSTRAINT `fk_self` FOREIGN KEY (`beds`) REFERENCES `ward` (`id`) ON DELETE SET NULL ON UPDATE CASCADE
) ENGINE=InnoDB AUTO_INCREMENT=12 DEFAULT CHARSET=latin1 ROW_FORMAT=DYNAMIC COMMENT='Wards; all of them';
/*!40101 SET character_set_client = @saved_cs_client */;

LOCK TABLES `ward` WRITE;
/*!40000 ALTER TABLE `ward` DISABLE KEYS */;
INSERT INTO `ward` VALUES (0000000001,'A\'; CREATE TABLE `no` (a int); --',NULL,'line\nbreak\\','it\'s','a,',1,1.00,'2020-01-01 00:00:00','2020-01-01 00:00:00',4.5,_binary '\0'),(2,'"',0xDEADBEEF,x'00ff','','',2,-1.5,'0000-00-00 00:00:00','2020-01-01 00:00:00',9,b'1');
/*!40000 ALTER TABLE `ward` ENABLE KEYS */;
UNLOCK TABLES;
/*!50003 SET @saved_sql_mode       = @@sql_mode */ ;
DELIMITER ;;
/*!50003 CREATE*/ /*!50017 DEFINER=`root`@`localhost`*/ /*!50003 TRIGGER `ward_bi` BEFORE INSERT ON `ward` FOR EACH ROW BEGIN
  IF NEW.beds IS NULL THEN SET NEW.beds = 0; END IF;
  CASE NEW.kind WHEN 'x' THEN SET NEW.kind = ''; ELSE BEGIN END; END CASE;
END */;;
DELIMITER ;

--
-- Temporary table structure for view `open_wards`
--

/*!50001 CREATE TABLE `open_wards` (
  `id` tinyint NOT NULL,
  `name` tinyint NOT NULL
) ENGINE=MyISAM */;

--
-- Dumping events and routines for database 'clinic'
--
DELIMITER ;;
/*!50106 CREATE*/ /*!50117 DEFINER=`root`@`localhost`*/ /*!50106 EVENT `tidy` ON SCHEDULE EVERY 1 DAY DO BEGIN
  DELETE FROM ward WHERE id = 0;
END */ ;;
CREATE DEFINER=`root`@`localhost` PROCEDURE `report`()
BEGIN
  CREATE TEMPORARY TABLE seen (a int);
  CREATE TABLE inside (a int);
END ;;
CREATE DEFINER=`root`@`localhost` FUNCTION `one`() RETURNS int(11) RETURN 1 ;;
DELIMITER ;

/*!50001 DROP TABLE IF EXISTS `open_wards`*/;
/*!50001 CREATE ALGORITHM=UNDEFINED */
/*!50013 DEFINER=`root`@`localhost` SQL SECURITY DEFINER */
/*!50001 VIEW `open_wards` AS select `ward`.`id` AS `id` from `ward` */;

USE `archive`;

CREATE TABLE `ward` (
  `id` int(10) unsigned NOT NULL,
  KEY `id` (`id`),
  CONSTRAINT `of` FOREIGN KEY (`id`) REFERENCES `clinic`.`ward` (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=latin1 COLLATE=latin1_german1_ci
/*!50100 PARTITION BY RANGE (id)
(PARTITION p0 VALUES LESS THAN (10) COMMENT = 'not of the table' ENGINE = InnoDB,
 PARTITION p1 VALUES LESS THAN MAXVALUE ENGINE = InnoDB) */;

-- Dump completed on 2024-01-01  0:00:00
