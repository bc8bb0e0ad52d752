/*M!999999\- enable the sandbox mode */
CREATE TABLE IF NOT EXISTS `shop`.`odd ``table``, (really)` (
  `id` bigint(20) unsigned NOT NULL AUTO_INCREMENT, # a comment, with (
  `key` varchar(10) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT 'a,b' COMMENT 'it''s \'x\'; (',
  name CHAR(5) NOT NULL DEFAULT "double",
  flag boolean DEFAULT true CHECK (flag in (0,1)),
  kind enum('a','it''s','b\'c','d,e)') NOT NULL DEFAULT 'it''s',
  tags set('x','y') DEFAULT NULL,
  price decimal(10,2) unsigned DEFAULT -1.50 /* why not */ VISIBLE,
  total decimal(12,2) GENERATED ALWAYS AS (price * 2) STORED,
  twice int AS (id * 2) PERSISTENT,
  settings longtext CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT NULL CHECK (json_valid(`settings`)),
  code varchar(3) DEFAULT NULL COMPRESSED NOT NULL CHECK (code IN ('x','y')),
  starts timestamp(6) GENERATED ALWAYS AS ROW START,
  changed datetime(3) NOT NULL DEFAULT '0000-00-00 00:00:00' ON UPDATE current_timestamp(3),
  PRIMARY KEY (`id`) USING BTREE,
  UNIQUE KEY `short` (`name`(3), flag DESC),
  FULLTEXT KEY `words` (`key`),
  PERIOD FOR SYSTEM_TIME (starts, ends),
  CONSTRAINT `owner` FOREIGN KEY (`twice`) REFERENCES `other`.`people` (`id`) ON DELETE SET NULL ON UPDATE NO ACTION,
  CHECK (price >= 0)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci COMMENT='Odd; table'
/*!50100 PARTITION BY HASH (id) */;

/*!50001 CREATE TABLE wrapped (a serial, b int) */;

-- as phpMyAdmin writes it
CREATE TABLE `plain` (
  `id` int(11) NOT NULL,
  `a` varchar(20) DEFAULT NULL,
  `b` int(11) DEFAULT NULL
) ENGINE=InnoDB;
INSERT INTO `plain` (`id`, `a`) VALUES (1, 'CREATE TABLE no (a int); -- \'');
ALTER TABLE `plain`
  ADD PRIMARY KEY (`id`),
  ADD UNIQUE KEY `a` (`a`),
  ADD KEY `b` (`b`,`a`);
ALTER TABLE `plain` MODIFY `id` int(11) NOT NULL AUTO_INCREMENT, AUTO_INCREMENT=12;
ALTER TABLE `plain` ADD CONSTRAINT `fk` FOREIGN KEY (`b`) REFERENCES `shop`.`x` (`id`) ON DELETE CASCADE,
  ADD COLUMN c date AFTER a, DROP COLUMN b;
CREATE INDEX later ON plain (a, b);

CREATE TABLE placeholder (a tinyint NOT NULL);
CREATE PROCEDURE p() BEGIN CREATE TABLE inner_one (a int); SELECT 1; END;
DROP TABLE IF EXISTS placeholder;
CREATE VIEW placeholder AS SELECT 1;
CREATE TABLE copied LIKE plain;
CREATE TEMPORARY TABLE gone (a int);
CREATE TABLE last_one (a int)
