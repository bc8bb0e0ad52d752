PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE IF NOT EXISTS "notes"(
  'id' INTEGER PRIMARY KEY, -- a rowid under another name
  `title` TEXT NOT NULL DEFAULT '',
  [body; text] TEXT,
  "made" TEXT DEFAULT (strftime('%Y-%m-%d; %H:%M', 'now')),
  price DECIMAL(10, 2) DEFAULT -1.5,
  anything,
  size INT GENERATED ALWAYS AS (length("body; text")) STORED,
  half AS (size / 2),
  UNIQUE(title COLLATE NOCASE, made DESC) ON CONFLICT IGNORE
  CHECK (price > -2) -- no comma between constraints
  FOREIGN KEY (id) REFERENCES "other one" DEFERRABLE INITIALLY DEFERRED
);
INSERT INTO notes VALUES(1,'it''s','CREATE TABLE no (a);',NULL,replace('a\nb','\n',char(10)),X'00ff',1,2);
CREATE TABLE "other one"(a INT NOT NULL, b BLOB, PRIMARY KEY(a, b)) WITHOUT ROWID, STRICT;
CREATE TABLE rowid_key(a INTEGER PRIMARY KEY DESC, b ANY) STRICT;
CREATE TABLE copied(id INT,"made" TEXT,"count(*)");
PRAGMA writable_schema=ON;
INSERT INTO sqlite_schema(type,name,tbl_name,rootpage,sql)VALUES('table','search','search',0,'CREATE VIRTUAL TABLE search USING fts5(title, body, content='''')');
CREATE TABLE IF NOT EXISTS 'search_data'(id INTEGER PRIMARY KEY, block BLOB);
CREATE TABLE IF NOT EXISTS 'search_idx'(segid, term, pgno, PRIMARY KEY(segid, term)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS 'search_docsize'(id INTEGER PRIMARY KEY, sz BLOB);
CREATE TABLE IF NOT EXISTS 'search_config'(k PRIMARY KEY, v) WITHOUT ROWID;
CREATE TABLE search_terms(id INTEGER PRIMARY KEY);
CREATE TRIGGER after_insert AFTER INSERT ON notes WHEN new.id > 0 BEGIN
  INSERT INTO search(title) VALUES (new.title);
  UPDATE notes SET title = CASE WHEN 1 THEN 'a;' ELSE "end" END WHERE id = new.id;
END;
CREATE VIEW v AS SELECT 'CREATE TABLE no (a);' AS a;
CREATE UNIQUE INDEX filled ON notes(title) WHERE title IS NOT NULL AND made IS NOT NULL;
CREATE UNIQUE INDEX known ON notes(title, made) WHERE title IS NOT NULL;
CREATE INDEX lowered ON notes(lower(title));
DELETE FROM sqlite_sequence;
INSERT INTO sqlite_sequence VALUES('notes',1);
CREATE TEMP TABLE gone(a);
CREATE TABLE temp.gone(a);
CREATE TABLE main."select"(a int REFERENCES notes(id) ON UPDATE SET DEFAULT, b text CONSTRAINT c CHECK (b <> '') NOT NULL);
PRAGMA writable_schema=OFF;
COMMIT;
