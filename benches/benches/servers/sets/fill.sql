INSERT INTO city SELECT seq, CONCAT('City ', seq) FROM seq_1_to_1000;
INSERT INTO person
SELECT seq * 3, CONCAT('Person ', seq), IF(seq % 3 = 0, 'C', 'A'), CONCAT(MD5(seq), '@x.example'),
       IF(seq % 50 = 0, NULL, seq % 1000 + 1), seq % 90, DATE '1950-01-01' + INTERVAL seq % 20000 DAY
FROM seq_1_to_{rows};
