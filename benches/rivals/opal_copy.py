"""What a careful developer writes in an afternoon: Opal's three maps from MariaDB to PostgreSQL by COPY.

No way to go on after an interruption, no rejects, no record of what became of what. Prints the seconds of each map.
Arguments: the URL of the legacy database, the URL of the target.
"""

import io
import sys
import time
import uuid
from datetime import timezone
from urllib.parse import unquote, urlparse
from zoneinfo import ZoneInfo

import psycopg2
import pymysql
import pymysql.cursors

ZONE = ZoneInfo("America/Toronto")
BATCH = 10_000


def legacy_connection(url):
    parts = urlparse(url)
    return pymysql.connect(
        host=parts.hostname, port=parts.port, user=unquote(parts.username), password=unquote(parts.password),
        database=parts.path[1:], charset="utf8mb4", cursorclass=pymysql.cursors.SSCursor,
    )


def instant(value):
    return r"\N" if value is None else value.replace(tzinfo=ZONE).astimezone(timezone.utc).isoformat()


def text(value):
    return value.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")


def copy(cursor, table, columns, rows):
    lines = io.StringIO("".join("\t".join(row) + "\n" for row in rows))
    cursor.copy_expert(f"COPY {table} ({', '.join(columns)}) FROM STDIN", lines)


def batches(legacy, query):
    with legacy.cursor() as cursor:
        cursor.execute(query)
        while rows := cursor.fetchmany(BATCH):
            yield rows


def keys(cursor, query):
    cursor.execute(query)
    return dict(cursor.fetchall())


def reserve(cursor, table, count):
    cursor.execute("SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)", (table, count))
    return [row[0] for row in cursor.fetchall()]


def patients(legacy, target):
    columns = ["legacy_id", "first_name", "last_name", "date_of_birth", "date_of_death", "sex", "ramq", "data_access",
               "created_at", "interpretable_lab_result_delay", "non_interpretable_lab_result_delay", "uuid"]
    query = ("SELECT PatientSerNum, FirstName, LastName, DateOfBirth, DeathDate, Sex, SSN, AccessLevel, RegistrationDate "
             "FROM Patient p WHERE DateOfBirth <> 0 AND EXISTS (SELECT 1 FROM PatientControl c "
             "WHERE c.PatientSerNum = p.PatientSerNum)")
    access = {"3": "ALL", "1": "NTK"}
    for rows in batches(legacy, query):
        with target.cursor() as cursor:
            copy(cursor, "patients_patient", columns, (
                (str(key), text(first), text(last), str(birth.date()), instant(death), sex[0].upper(), text(ssn),
                 access[level], instant(registered), "0", "0", str(uuid.uuid4()))
                for key, first, last, birth, death, sex, ssn, level, registered in rows))
        target.commit()


def identifiers(legacy, target):
    with target.cursor() as cursor:
        patient = keys(cursor, "SELECT legacy_id, id FROM patients_patient")
        site = keys(cursor, "SELECT acronym, id FROM hospital_settings_site")
    query = "SELECT PatientSerNum, Hospital_Identifier_Type_Code, MRN, Is_Active FROM Patient_Hospital_Identifier"
    for rows in batches(legacy, query):
        with target.cursor() as cursor:
            copy(cursor, "patients_hospitalpatient", ["patient_id", "site_id", "mrn", "is_active"], (
                (str(patient[number]), str(site[code]), text(mrn), "t" if active else "f")
                for number, code, mrn, active in rows if number in patient))
        target.commit()


def caregivers(legacy, target):
    with target.cursor() as cursor:
        patient = keys(cursor, "SELECT legacy_id, id FROM patients_patient")
        cursor.execute("SELECT id FROM patients_relationshiptype WHERE role_type = 'SELF'")
        kind = str(cursor.fetchone()[0])
    query = ("SELECT u.UserSerNum, u.Username, u.UserTypeSerNum, p.FirstName, p.LastName, p.Email, p.Language, p.TelNum, "
             "p.RegistrationDate FROM Users u JOIN Patient p ON p.PatientSerNum = u.UserTypeSerNum "
             "WHERE u.UserType = 'Patient'")
    users = ["id", "username", "first_name", "last_name", "email", "language", "phone_number", "date_joined", "type",
             "password", "is_active", "is_staff", "is_superuser"]
    relationships = ["patient_id", "caregiver_id", "type_id", "status", "request_date", "start_date", "reason"]
    for rows in batches(legacy, query):
        rows = [row for row in rows if row[2] in patient]
        with target.cursor() as cursor:
            user_keys = reserve(cursor, "users_user", len(rows))
            profile_keys = reserve(cursor, "caregivers_caregiverprofile", len(rows))
            copy(cursor, "users_user", users, (
                (str(key), text(row[1]), text(row[3]), text(row[4]), text(mail(row[5])), row[6].lower(),
                 phone(row[7]), instant(row[8]), "CAREGIVER", "!", "t", "f", "f")
                for key, row in zip(user_keys, rows)))
            copy(cursor, "caregivers_caregiverprofile", ["id", "legacy_id", "user_id", "uuid"], (
                (str(key), str(row[0]), str(user), str(uuid.uuid4()))
                for key, user, row in zip(profile_keys, user_keys, rows)))
            copy(cursor, "patients_relationship", relationships, (
                (str(patient[row[2]]), str(key), kind, "CON", str(row[8].date()), str(row[8].date()), "")
                for key, row in zip(profile_keys, rows)))
        target.commit()


def mail(value):
    name, at, host = value.partition("@")
    return name + at + host.lower()


def phone(value):
    digits = str(value or 0)
    return "" if digits == "0" else f"+1 {digits[:3]}-{digits[3:6]}-{digits[6:]}"


def main():
    legacy, target = legacy_connection(sys.argv[1]), psycopg2.connect(sys.argv[2])
    for work in (patients, identifiers, caregivers):
        start = time.monotonic()
        work(legacy, target)
        print(time.monotonic() - start, flush=True)


main()
