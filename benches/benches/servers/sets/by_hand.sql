CREATE TABLE human_map (legacy_id BIGINT NOT NULL PRIMARY KEY, human_id BIGINT NOT NULL UNIQUE, run BIGINT NOT NULL);
START TRANSACTION;
INSERT INTO human_map (legacy_id, human_id, run)
SELECT p.id, ROW_NUMBER() OVER (ORDER BY p.id), 1 FROM {old}.person p
WHERE p.age >= 0 AND p.kind IN ('A', 'C') AND TRIM(p.name) <> '';
INSERT INTO human (id, legacy_id, name, kind, mail, home, code, age, born)
SELECT m.human_id, p.id, TRIM(p.name), CASE p.kind WHEN 'A' THEN 'adult' ELSE 'child' END, p.mail,
       COALESCE(c.name, 'nowhere'), CONCAT(p.id, '/', p.kind), p.age, p.born
FROM human_map m JOIN {old}.person p ON p.id = m.legacy_id LEFT JOIN {old}.city c ON c.id = p.city_id;
COMMIT;
