"""Opal's three maps from MariaDB to PostgreSQL by DuckDB with both databases attached.

No way to go on after an interruption, no rejects, no record of what became of what, a fixed offset for the time zone.
Prints the seconds of each map. Arguments: the URL of the legacy database, the URL of the target. Needs the packages
duckdb, duckdb_extensions, duckdb_extension_mysql_scanner and duckdb_extension_postgres_scanner.
"""

import sys
import time
from urllib.parse import unquote, urlparse

import duckdb
from duckdb_extensions import import_extension

PATIENTS = """
INSERT INTO new.patients_patient (legacy_id, first_name, last_name, date_of_birth, date_of_death, sex, ramq, data_access,
    created_at, interpretable_lab_result_delay, non_interpretable_lab_result_delay, uuid)
SELECT PatientSerNum, FirstName, LastName, CAST(DateOfBirth AS DATE), DeathDate + INTERVAL 5 HOUR,
    upper(substr(Sex, 1, 1)), SSN, CASE AccessLevel WHEN '3' THEN 'ALL' ELSE 'NTK' END,
    RegistrationDate + INTERVAL 5 HOUR, 0, 0, uuid()
FROM old.Patient p WHERE PatientSerNum IN (SELECT PatientSerNum FROM old.PatientControl)
"""

IDENTIFIERS = """
INSERT INTO new.patients_hospitalpatient (patient_id, site_id, mrn, is_active)
SELECT t.id, s.id, i.MRN, CAST(i.Is_Active AS BOOLEAN)
FROM old.Patient_Hospital_Identifier i
JOIN new.patients_patient t ON t.legacy_id = i.PatientSerNum
JOIN new.hospital_settings_site s ON s.acronym = i.Hospital_Identifier_Type_Code
"""

USERS = """
INSERT INTO new.users_user (username, first_name, last_name, email, language, phone_number, date_joined, type, password,
    is_active, is_staff, is_superuser)
SELECT u.Username, p.FirstName, p.LastName, lower(p.Email), lower(CAST(p.Language AS VARCHAR)),
    concat('+1 ', substr(CAST(p.TelNum AS VARCHAR), 1, 3), '-', substr(CAST(p.TelNum AS VARCHAR), 4, 3), '-',
        substr(CAST(p.TelNum AS VARCHAR), 7, 4)),
    p.RegistrationDate + INTERVAL 5 HOUR, 'CAREGIVER', '!', true, false, false
FROM old.Users u JOIN old.Patient p ON p.PatientSerNum = u.UserTypeSerNum WHERE u.UserType = 'Patient'
"""

PROFILES = """
INSERT INTO new.caregivers_caregiverprofile (legacy_id, user_id, uuid)
SELECT u.UserSerNum, n.id, uuid() FROM old.Users u JOIN new.users_user n ON n.username = u.Username
WHERE u.UserType = 'Patient'
"""

RELATIONSHIPS = """
INSERT INTO new.patients_relationship (patient_id, caregiver_id, type_id, status, request_date, start_date, reason)
SELECT t.id, c.id, (SELECT id FROM new.patients_relationshiptype WHERE role_type = 'SELF'), 'CON',
    CAST(p.RegistrationDate AS DATE), CAST(p.RegistrationDate AS DATE), ''
FROM old.Users u JOIN new.caregivers_caregiverprofile c ON c.legacy_id = u.UserSerNum
JOIN old.Patient p ON p.PatientSerNum = u.UserTypeSerNum
JOIN new.patients_patient t ON t.legacy_id = u.UserTypeSerNum WHERE u.UserType = 'Patient'
"""


def attach(connection, name, kind, url, options):
    parts = urlparse(url)
    known = {"HOST": parts.hostname, "PORT": parts.port, "USER": parts.username, "PASSWORD": parts.password,
             "DATABASE": parts.path[1:]}
    known = ", ".join(f"{key} '{quoted(unquote(str(value)))}'" for key, value in known.items())
    connection.execute(f"CREATE SECRET {name}_secret (TYPE {kind}, {known})")
    connection.execute(f"ATTACH '' AS {name} (TYPE {kind}, SECRET {name}_secret{options})")


def quoted(text):
    return text.replace("'", "''")


def main():
    connection = duckdb.connect()
    for extension in ("mysql_scanner", "postgres_scanner"):
        import_extension(extension, con=connection)
        connection.execute(f"LOAD {extension}")
    attach(connection, "old", "mysql", sys.argv[1], ", READ_ONLY")
    attach(connection, "new", "postgres", sys.argv[2], "")
    for statements in ((PATIENTS,), (IDENTIFIERS,), (USERS, PROFILES, RELATIONSHIPS)):
        start = time.monotonic()
        for statement in statements:
            connection.execute(statement)
        print(time.monotonic() - start, flush=True)


main()
