-- MySQL dump 10.13  Distrib 8.4.0, for Linux (x86_64)
/*!50503 SET NAMES utf8mb4 */;
CREATE TABLE `customer` (
  `id` binary(16) NOT NULL DEFAULT (uuid_to_bin(uuid())),
  `email` varchar(255) COLLATE utf8mb4_0900_as_cs NOT NULL,
  `data` json DEFAULT (json_object()),
  `tags` json GENERATED ALWAYS AS (json_extract(`data`,_utf8mb4'$.tags')) STORED /*!80023 INVISIBLE */,
  `made` datetime(6) DEFAULT (now(6)),
  `secret` varchar(20) DEFAULT NULL /*!80023 INVISIBLE */,
  `at` geometry NOT NULL /*!80003 SRID 4326 */,
  `amount` decimal(20,4) unsigned NOT NULL DEFAULT '0.0000',
  `status` enum('new','done') CHARACTER SET latin1 COLLATE latin1_bin NOT NULL DEFAULT 'new',
  `attr` int DEFAULT NULL ENGINE_ATTRIBUTE '{"a": "b,c"}',
  PRIMARY KEY (`id`),
  UNIQUE KEY `lowered` ((lower(`email`))),
  KEY `year` ((year(`made`))),
  KEY `mixed` (`email`,((`amount` + 1)) DESC) /*!80000 INVISIBLE */,
  KEY `parser` (`email`) USING BTREE COMMENT 'it''s, (' KEY_BLOCK_SIZE=8,
  FULLTEXT KEY `words` (`email`) /*!50100 WITH PARSER `ngram` */,
  CONSTRAINT `positive` CHECK ((`amount` >= 0)) /*!80016 NOT ENFORCED */,
  CONSTRAINT `known` CHECK ((`status` in (_utf8mb4'new',_utf8mb4'done')))
) /*!50100 TABLESPACE `innodb_system` */ ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci
/*!50100 PARTITION BY KEY () PARTITIONS 4 */;
CREATE TABLE "ansi ""quoted""" (
  "id" int NOT NULL PRIMARY KEY,
  "customer" binary(16) DEFAULT NULL,
  CONSTRAINT "fk" FOREIGN KEY ("customer") REFERENCES "customer" ("id") ON DELETE CASCADE
);
/*!50001 CREATE VIEW `v` AS SELECT 
 1 AS `id`,
 1 AS `email`*/;
INSERT INTO `customer` VALUES (_binary 0x11,N'n',_utf8mb4'{"a": "\"; CREATE TABLE no (a int)"}');
