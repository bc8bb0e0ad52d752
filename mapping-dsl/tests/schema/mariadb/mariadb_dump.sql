/*M!999999\- enable the sandbox mode */ 
-- MariaDB dump 10.19-11.4.2-MariaDB, for debian-linux-gnu (x86_64)
/*!40014 SET @OLD_FOREIGN_KEY_CHECKS=@@FOREIGN_KEY_CHECKS, FOREIGN_KEY_CHECKS=0 */;
/*M!100616 SET @OLD_NOTE_VERBOSITY=@@NOTE_VERBOSITY, NOTE_VERBOSITY=0 */;

CREATE TABLE `we``ird; name` (
  `id` bigint(20) unsigned NOT NULL DEFAULT nextval(`clinic`.`numbers`),
  `row_start` timestamp(6) GENERATED ALWAYS AS ROW START INVISIBLE,
  `row_end` timestamp(6) GENERATED ALWAYS AS ROW END INVISIBLE,
  `settings` longtext CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT '{"a":1}' CHECK (json_valid(`settings`)),
  `own` uuid NOT NULL DEFAULT uuid(),
  `where` point NOT NULL REF_SYSTEM_ID=4326,
  `address` inet6 DEFAULT NULL,
  `packed` text DEFAULT NULL /*M!100301 COMPRESSED*/,
  `hidden` int(11) INVISIBLE DEFAULT 3,
  `plain` varchar(10) DEFAULT NULL WITHOUT SYSTEM VERSIONING,
  `size` int(11) DEFAULT NULL CHECK (`size` between 1 and 9 and `size` <> 5),
  `from` date NOT NULL,
  `until` date NOT NULL,
  PRIMARY KEY (`id`,`row_end`),
  UNIQUE KEY `span` (`plain`,`spans` WITHOUT OVERLAPS),
  SPATIAL KEY `where` (`where`),
  KEY `ignored` (`hidden`) IGNORED,
  PERIOD FOR SYSTEM_TIME (`row_start`, `row_end`),
  PERIOD FOR `spans` (`from`, `until`),
  CONSTRAINT `sizes` CHECK (`size` in (1,2,3) or `plain` is null),
  CONSTRAINT CHECK (`from` < '2100-01-01')
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_uca1400_ai_ci WITH SYSTEM VERSIONING
 PARTITION BY SYSTEM_TIME INTERVAL 1 DAY (PARTITION p0 HISTORY, PARTITION pn CURRENT);

CREATE SEQUENCE `numbers` start with 1 minvalue 1 maxvalue 9223372036854775806 increment by 1 cache 1000 nocycle ENGINE=InnoDB;
DO SETVAL(`numbers`, 1, 0);

SET sql_mode='ORACLE';
DELIMITER //
CREATE OR REPLACE PACKAGE tools AS PROCEDURE a; END //
DELIMITER ;

CREATE TABLE `copied` LIKE `we``ird; name`;
CREATE OR REPLACE TABLE `later` (`id` int(11) NOT NULL, `lost` int, `kept` char(3) CHARSET ascii, KEY (`lost`));
ALTER TABLE `later` DROP COLUMN `lost`, CHANGE `kept` `renamed` char(4) NOT NULL DEFAULT 'x', ADD (`a` int, `b` int),
  ADD PRIMARY KEY (`id`), RENAME TO `finally`;
