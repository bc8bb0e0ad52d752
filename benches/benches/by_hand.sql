-- Opal's three maps as plain statements: a fixed offset for the time zone, no regular expressions, no checks.
BEGIN;
INSERT INTO patients_patient (legacy_id, first_name, last_name, date_of_birth, date_of_death, sex, ramq, data_access,
                              created_at, interpretable_lab_result_delay, non_interpretable_lab_result_delay, uuid)
SELECT p.PatientSerNum, p.FirstName, p.LastName, date(p.DateOfBirth), datetime(p.DeathDate, '+5 hours'),
       substr(upper(p.Sex), 1, 1), p.SSN, CASE p.AccessLevel WHEN '3' THEN 'ALL' ELSE 'NTK' END,
       datetime(p.RegistrationDate, '+5 hours'), 0, 0, lower(hex(randomblob(16)))
FROM old.Patient p
WHERE p.DateOfBirth <> '0000-00-00 00:00:00'
  AND EXISTS (SELECT 1 FROM old.PatientControl c WHERE c.PatientSerNum = p.PatientSerNum)
ORDER BY p.PatientSerNum;

INSERT INTO patients_hospitalpatient (patient_id, site_id, mrn, is_active)
SELECT t.id, s.id, i.MRN, i.Is_Active
FROM old.Patient_Hospital_Identifier i
JOIN patients_patient t ON t.legacy_id = i.PatientSerNum
JOIN hospital_settings_site s ON s.acronym = i.Hospital_Identifier_Type_Code
ORDER BY i.Patient_Hospital_Identifier_Id;

INSERT INTO users_user (username, first_name, last_name, email, language, phone_number, date_joined, type, password,
                        is_active, is_staff, is_superuser, last_login)
SELECT u.Username, p.FirstName, p.LastName, lower(p.Email), lower(p.Language),
       '+1 ' || substr(p.TelNum, 1, 3) || '-' || substr(p.TelNum, 4, 3) || '-' || substr(p.TelNum, 7, 4),
       datetime(p.RegistrationDate, '+5 hours'), 'CAREGIVER', '!', 1, 0, 0, NULL
FROM old.Users u
JOIN old.Patient p ON p.PatientSerNum = u.UserTypeSerNum
JOIN patients_patient t ON t.legacy_id = u.UserTypeSerNum
WHERE u.UserType = 'Patient'
ORDER BY u.UserSerNum;

INSERT INTO caregivers_caregiverprofile (legacy_id, user_id, uuid)
SELECT u.UserSerNum, n.id, lower(hex(randomblob(16)))
FROM old.Users u JOIN users_user n ON n.username = u.Username
ORDER BY u.UserSerNum;

INSERT INTO patients_relationship (patient_id, caregiver_id, type_id, status, request_date, start_date, end_date, reason)
SELECT t.id, c.id, (SELECT id FROM patients_relationshiptype WHERE role_type = 'SELF'), 'CON',
       date(p.RegistrationDate), date(p.RegistrationDate), NULL, ''
FROM old.Users u
JOIN caregivers_caregiverprofile c ON c.legacy_id = u.UserSerNum
JOIN old.Patient p ON p.PatientSerNum = u.UserTypeSerNum
JOIN patients_patient t ON t.legacy_id = u.UserTypeSerNum
ORDER BY u.UserSerNum;
COMMIT;
