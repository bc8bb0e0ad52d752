-- A legacy database of {patients} patients, each with an identifier and an account; every {dirty}th has no birth date.
SET sql_mode = '', unique_checks = 0, foreign_key_checks = 0;
INSERT INTO Hospital_Identifier_Type (Hospital_Identifier_Type_Id, Code, ADT_Web_Service_Code, Description_EN, Description_FR)
VALUES (1, 'HXA', '', 'Alpha', 'Alpha'), (2, 'HXB', '', 'Beta', 'Beta');
INSERT INTO Patient (PatientSerNum, FirstName, LastName, Sex, DateOfBirth, TelNum, Email, Language, SSN, AccessLevel,
                     RegistrationDate, LastUpdated)
SELECT seq, CONCAT('First', seq), CONCAT('Last', seq % 5000), ELT(1 + seq % 4, 'Female', 'Male', 'Other', 'Unknown'),
       IF(seq % {dirty} = 0, '0000-00-00', DATE_ADD('1930-01-01', INTERVAL seq % 29000 DAY)),
       4162000000 + seq % 999999, CONCAT('person', seq, '@Example.org'), IF(seq % 3 = 0, 'FR', 'EN'),
       CONCAT('TEST', LPAD(seq % 100000000, 8, '0')), IF(seq % 2 = 0, '3', '1'),
       DATE_ADD('2020-01-01 05:30:00', INTERVAL seq % 1500 DAY), '2024-01-01 00:00:00'
FROM seq_1_to_{patients};
INSERT INTO PatientControl (PatientSerNum, LastUpdated) SELECT seq, '2024-01-01 00:00:00' FROM seq_1_to_{patients};
INSERT INTO Patient_Hospital_Identifier
SELECT seq, seq, IF(seq % 2 = 0, 'HXA', 'HXB'), LPAD(seq, 10, '0'), 1 FROM seq_1_to_{patients};
INSERT INTO Users (UserSerNum, UserType, UserTypeSerNum, Username, Password, LastUpdated)
SELECT seq, 'Patient', seq, CONCAT('uid', seq), '', '2024-01-01 00:00:00' FROM seq_1_to_{patients};
ANALYZE TABLE Patient, PatientControl, Patient_Hospital_Identifier, Users;
