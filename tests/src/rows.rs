//! Legacy rows of Opal made up from a seed: patients with their accounts, numbers, answers and devices, questions and
//! staff, most of them plain, some with everything that such tables gather over the years.

use crate::content::open;
use crate::random::Random;
use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};
use std::path::Path;

/// Which rows to make.
#[derive(Debug, Clone, Copy)]
pub struct Rows {
    /// The first key.
    pub first: i64,
    /// How many patients; numbers and accounts come on top.
    pub patients: i64,
    /// How many values of a thousand are odd.
    pub odd: u64,
    /// Where chance begins.
    pub seed: u64,
}

/// Adds rows to a legacy database.
pub fn add(legacy: &Path, rows: Rows) {
    let mut database = open(legacy);
    database.pragma_update(None, "ignore_check_constraints", true).unwrap();
    let transaction = database.transaction().unwrap();
    transaction
        .execute_batch(
            "INSERT OR IGNORE INTO Hospital_Identifier_Type VALUES (1, 'HXA', '', '', ''), (2, 'HXB', '', '', '')",
        )
        .unwrap();
    let mut maker = Maker { database: &transaction, random: Random::new(rows.seed), odd: rows.odd };
    for key in rows.first..rows.first + rows.patients {
        maker.patient(key);
        maker.numbers(key);
        maker.account(key, rows.first);
    }
    // What came later to the example has its own chance, so that the rows before stay as they are.
    maker.random = Random::new(rows.seed + 1_000_000);
    maker.questions();
    for key in rows.first..rows.first + rows.patients {
        maker.answer(key);
        maker.device(key);
        maker.staff(key);
    }
    transaction.commit().unwrap();
}

struct Maker<'a> {
    database: &'a Connection,
    random: Random,
    odd: u64,
}

const NAMES: [&str; 6] = ["Alpha", "Bravo", "Zoé-Papa", "d'Été", "O\"Neil", "Noël"];
const ODD_TEXTS: [&str; 12] = [
    "",
    " ",
    "  padded  ",
    "emoji 👩🏽‍⚕️",
    "İstanbul ß",
    "ﬁ ligature",
    "line\nbreak\ttab",
    "quote ' \" ` ; --",
    "nul\0inside",
    "e\u{301} decomposed",
    "\u{202e}backwards",
    "%s {} \\",
];
const TIMES: [&str; 6] = [
    "2020-05-05 09:30:00",
    "2019-01-02 15:00:00",
    "2021-02-03 04:05:06",
    "2018-08-08 08:08:08",
    "2023-06-30 22:15:00",
    "1999-12-31 23:59:59",
];
const ODD_TIMES: [&str; 16] = [
    "0000-00-00 00:00:00",
    "1950-00-00 00:00:00",
    "1950-06-00 00:00:00",
    "2021-02-30 00:00:00",
    "2021-13-01 00:00:00",
    "2021-03-14 02:30:00",
    "2021-11-07 01:30:00",
    "2021-03-14 03:00:00",
    "2021-05-05 12:00:00.250000",
    "2021-05-05",
    "2021-05-05 25:00:00",
    "1900-01-01 00:00:00",
    "9999-12-31 23:59:59",
    "0001-01-01 00:00:00",
    "yesterday",
    "",
];
const BIRTHS: [&str; 4] = ["1984-02-29 00:00:00", "1979-11-03 00:00:00", "1940-07-01 00:00:00", "1985-05-14 23:30:00"];

impl Maker<'_> {
    fn patient(&mut self, key: i64) {
        let sex = self.random.pick(&["Male", "Female", "Other", "Unknown", "female", "MALE"]);
        let insurance = ["", &format!("ABCD{:08}", key % 100_000_000)][self.random.below(2) as usize].to_string();
        let phone = 4_160_000_000 + 2_000_000 + key % 1_000_000;
        let died = self.random.pick(&["", "2023-06-30 22:15:00"]);
        let died = if died.is_empty() { Value::Null } else { text(died) };
        let (first, last) = (self.random.pick(&NAMES), self.random.pick(&NAMES));
        let row = [
            Value::Integer(key),
            self.text(first),
            self.text(last),
            self.or(text(sex), &["F", "x", "FEMALE ", "mâle", ""]),
            self.time(&BIRTHS),
            self.or(Value::Integer(phone), &["61491570006", "0", "12", "4165550101", "-1", "call me"]),
            self.or(text(&format!("p{key}@Example.ORG")), &["", "no-mail", "a@b", "A@B.C", "two@at@x.y", "é@ünï.code"]),
            self.or(text("EN"), &["FR", "fr", "SN", ""]),
            self.or(text(&insurance), &["abcd12345678", "ABCD 1234 5678", "ABCD12345678901", "ÀBCD12345678"]),
            self.or(text("3"), &["1", "2", "", "9"]),
            self.time(&TIMES),
            self.or_time(died),
        ];
        self.insert(
            "Patient (PatientSerNum, FirstName, LastName, Sex, DateOfBirth, TelNum, Email, Language, SSN, AccessLevel, \
             RegistrationDate, DeathDate)",
            &row,
        );
        if !self.random.happens(self.odd) {
            self.insert("PatientControl (PatientSerNum)", &[Value::Integer(key)]);
        }
    }

    fn numbers(&mut self, key: i64) {
        for (at, site) in ["HXA", "HXB"].into_iter().enumerate() {
            if self.random.happens(300) {
                continue;
            }
            let number = format!("{:07}", key * 2);
            let row = [
                Value::Integer(key * 10 + at as i64),
                if self.random.happens(self.odd) { Value::Integer(key + 7_000_000) } else { Value::Integer(key) },
                self.or(text(site), &["hxa", "HXA ", "HXGONE", "", "hxb"]),
                self.or(text(&number), &["0000102", "900012500001", "", "é"]),
                self.or(Value::Integer(1), &["0", "2", "yes"]),
            ];
            let into = "Patient_Hospital_Identifier (Patient_Hospital_Identifier_Id, PatientSerNum, \
                        Hospital_Identifier_Type_Code, MRN, Is_Active)";
            self.insert(into, &row);
        }
    }

    fn account(&mut self, key: i64, first: i64) {
        if self.random.happens(200) {
            return;
        }
        // Now and then the account belongs to another's patient, or to nobody.
        let other = first + self.random.below(50) as i64;
        let patient = if self.random.happens(self.odd) { other } else { key };
        let long = "u".repeat(self.random.pick(&[149, 150, 151, 255]));
        let names =
            ["with blanks", "UID3", "uid3", "Ｕｉｄ３", "staff.registrar", long.as_str(), "ünïcode", "a+b@c.d-e_f"];
        let row = [
            Value::Integer(key),
            self.or(text("Patient"), &["patient ", "PATIENT", "Caregiver", "Doctor", "pätient"]),
            Value::Integer(patient),
            self.or(text(&format!("uid{key}")), &names),
            text(""),
        ];
        self.insert("Users (UserSerNum, UserType, UserTypeSerNum, Username, Password)", &row);
    }

    fn questions(&mut self) {
        let questions = ["What colour?", "WHAT COLOUR?", "Which town?", "Which song? é"];
        for (at, question) in questions.into_iter().enumerate() {
            let row = [Value::Integer(501 + at as i64), text(question), self.text("Quelle ville?"), Value::Integer(1)];
            self.insert("SecurityQuestion (SecurityQuestionSerNum, QuestionText_EN, QuestionText_FR, Active)", &row);
        }
    }

    fn answer(&mut self, key: i64) {
        if self.random.happens(400) {
            return;
        }
        let question = Value::Integer(501 + self.random.below(4) as i64);
        let long = "d".repeat(self.random.pick(&[127, 128, 129]));
        let row = [
            Value::Integer(key),
            self.or(question, &["501", "999"]),
            self.or(Value::Integer(key), &["7", "999999"]),
            self.or(text("digest"), &["", "Digest", long.as_str()]),
        ];
        self.insert("SecurityAnswer (SecurityAnswerSerNum, SecurityQuestionSerNum, PatientSerNum, AnswerText)", &row);
    }

    fn device(&mut self, key: i64) {
        if self.random.happens(400) {
            return;
        }
        let long = "d".repeat(self.random.pick(&[100, 101]));
        let kind = Value::Integer([0, 1, 3][self.random.below(3) as usize]);
        let row = [
            Value::Integer(key),
            self.or(text(&format!("uid{key}")), &["", "uid3", "UID3", "nobody"]),
            self.or(text(&format!("device{key}")), &["", "browser", long.as_str()]),
            self.or(kind, &["2", "-1", "x"]),
            self.or(Value::Integer(1), &["0", "2"]),
            self.or(text("token"), &[""]),
            self.time(&TIMES),
        ];
        let into = "PatientDeviceIdentifier (PatientDeviceIdentifierSerNum, Username, DeviceId, DeviceType, Trusted, \
                    RegistrationId, LastUpdated)";
        self.insert(into, &row);
    }

    /// Every tenth patient is looked after by one account of staff; roles and modules come with the first.
    fn staff(&mut self, key: i64) {
        if key % 10 != 1 {
            return;
        }
        let role = Value::Integer(self.random.pick(&[601, 602, 603, 604, 605]));
        let row = [
            Value::Integer(key + 2_000_000),
            self.or(text(&format!("staff.{key}")), &["staff.registrar", "Staff.1", "with blanks", "", "ünïcode"]),
            self.or(role, &["601", "999"]),
            self.or(text("EN"), &["FR", "SN", ""]),
            self.or(Value::Integer(0), &["1", "2"]),
            self.time(&TIMES),
        ];
        self.insert("OAUser (OAUserSerNum, Username, oaRoleId, Language, deleted, DateAdded)", &row);
        for (id, name, deleted) in [
            (601, "System Administrator", 0),
            (602, "Desk", 0),
            (603, "Viewer", 0),
            (604, "System Administrator", 1),
            (605, "system administrator", 0),
        ] {
            let row = [Value::Integer(id), text(name), Value::Integer(deleted)];
            self.insert("oaRole (ID, name_EN, deleted)", &row);
        }
        for (id, name) in [(611, "Patients"), (612, "patients"), (613, "Studies")] {
            self.insert("module (ID, name_EN)", &[Value::Integer(id), text(name)]);
        }
        for (id, module, role, access) in
            [(621, 611, 601, 7), (622, 611, 602, 3), (623, 611, 603, 2), (624, 612, 603, 7), (625, 611, 605, 4)]
        {
            let row = [id, module, role, access].map(Value::Integer);
            self.insert("oaRoleModule (ID, moduleId, oaRoleId, access)", &row);
        }
    }

    /// Returns a text, or an odd one: long, empty, not even text.
    fn text(&mut self, plain: &str) -> Value {
        let long = "Ä".repeat(self.random.pick(&[50, 150, 151, 400]));
        let mut odd = ODD_TEXTS.to_vec();
        odd.push(&long);
        self.or(text(plain), &odd)
    }

    fn time(&mut self, plain: &[&str]) -> Value {
        let plain = self.random.pick(plain);
        self.or_time(text(plain))
    }

    fn or_time(&mut self, plain: Value) -> Value {
        self.or(plain, &ODD_TIMES)
    }

    /// Returns the plain value, or now and then an odd one, null, or a value of another class.
    fn or(&mut self, plain: Value, odd: &[&str]) -> Value {
        if !self.random.happens(self.odd) {
            return plain;
        }
        match self.random.below(12) {
            0 => Value::Null,
            1 => Value::Integer(-5),
            2 => Value::Blob(vec![0xff, 0x00, 0xc3]),
            3 => Value::Real(1.5),
            _ => text(self.random.pick(odd)),
        }
    }

    fn insert(&self, into: &str, values: &[Value]) {
        let marks = vec!["?"; values.len()].join(", ");
        let mut statement =
            self.database.prepare_cached(&format!("INSERT OR IGNORE INTO {into} VALUES ({marks})")).unwrap();
        statement.execute(params_from_iter(values)).unwrap();
    }
}

fn text(text: &str) -> Value {
    Value::Text(text.to_string())
}
