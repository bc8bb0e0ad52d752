INSERT INTO p VALUES ('a', 'small '), ('A', ' capital'), ('b', 'bare'), ('é', 'composed'), ('É', 'too');
