-- Opal's three maps as plain statements within one MariaDB: a fixed offset for the time zone, no checks.
-- map Patient
INSERT INTO patients_patient (legacy_id, first_name, last_name, date_of_birth, date_of_death, sex, ramq, data_access,
                              created_at, interpretable_lab_result_delay, non_interpretable_lab_result_delay, uuid)
SELECT p.PatientSerNum, p.FirstName, p.LastName, date(p.DateOfBirth), p.DeathDate + INTERVAL 5 HOUR,
       substr(upper(p.Sex), 1, 1), p.SSN, CASE p.AccessLevel WHEN '3' THEN 'ALL' ELSE 'NTK' END,
       p.RegistrationDate + INTERVAL 5 HOUR, 0, 0, uuid()
FROM {old}.Patient p
WHERE p.DateOfBirth <> 0 AND EXISTS (SELECT 1 FROM {old}.PatientControl c WHERE c.PatientSerNum = p.PatientSerNum)
ORDER BY p.PatientSerNum;
-- map HospitalIdentifier
INSERT INTO patients_hospitalpatient (patient_id, site_id, mrn, is_active)
SELECT t.id, s.id, i.MRN, i.Is_Active
FROM {old}.Patient_Hospital_Identifier i
STRAIGHT_JOIN patients_patient t ON t.legacy_id = i.PatientSerNum
STRAIGHT_JOIN hospital_settings_site s ON s.acronym = CONVERT(i.Hospital_Identifier_Type_Code USING utf8mb4)
ORDER BY i.Patient_Hospital_Identifier_Id;
-- map Caregiver
BEGIN;
INSERT INTO users_user (username, first_name, last_name, email, language, phone_number, date_joined, type, password,
                        is_active, is_staff, is_superuser, last_login)
SELECT u.Username, p.FirstName, p.LastName, lower(p.Email), lower(p.Language),
       concat('+1 ', substr(p.TelNum, 1, 3), '-', substr(p.TelNum, 4, 3), '-', substr(p.TelNum, 7, 4)),
       p.RegistrationDate + INTERVAL 5 HOUR, 'CAREGIVER', '!', 1, 0, 0, NULL
FROM {old}.Users u
STRAIGHT_JOIN {old}.Patient p ON p.PatientSerNum = u.UserTypeSerNum
STRAIGHT_JOIN patients_patient t ON t.legacy_id = u.UserTypeSerNum
WHERE u.UserType = 'Patient'
ORDER BY u.UserSerNum;
INSERT INTO caregivers_caregiverprofile (legacy_id, user_id, uuid)
SELECT u.UserSerNum, n.id, uuid()
FROM {old}.Users u
STRAIGHT_JOIN users_user n ON n.username = CONVERT(u.Username USING utf8mb4)
ORDER BY u.UserSerNum;
INSERT INTO patients_relationship (patient_id, caregiver_id, type_id, status, request_date, start_date, end_date, reason)
SELECT t.id, c.id, (SELECT id FROM patients_relationshiptype WHERE role_type = 'SELF'), 'CON',
       date(p.RegistrationDate), date(p.RegistrationDate), NULL, ''
FROM {old}.Users u
STRAIGHT_JOIN caregivers_caregiverprofile c ON c.legacy_id = u.UserSerNum
STRAIGHT_JOIN {old}.Patient p ON p.PatientSerNum = u.UserTypeSerNum
STRAIGHT_JOIN patients_patient t ON t.legacy_id = u.UserTypeSerNum
ORDER BY u.UserSerNum;
COMMIT;
