INSERT INTO p (id, legacy_id, name) VALUES (50, 2, 'Bo');
