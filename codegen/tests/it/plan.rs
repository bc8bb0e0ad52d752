//! A plan shaped like two maps of the Opal example, with every name chosen to be awkward for some dialect.

use cutover_mapping_dsl::plan::*;
use cutover_mapping_dsl::schema::read::read;
use cutover_mapping_dsl::schema::{Assigned, Column, Dialect, ForeignKey, Table};
use cutover_mapping_dsl::source::FileId;
use cutover_mapping_dsl::types::Type;

fn text(max: u32) -> Type {
    Type::Text { max: Some(max) }
}

fn int() -> Type {
    Type::integer(32, true)
}

fn bigint() -> Type {
    Type::integer(64, true)
}

fn column(name: &str, ty: Type, nullable: bool) -> Column {
    Column {
        name: name.into(),
        line: 1,
        declared: "as declared".into(),
        ty,
        nullable,
        default: None,
        assigned: Assigned::No,
        allowed: None,
        charset: None,
        collation: None,
        comment: None,
    }
}

fn table(name: &str, key: &str, columns: Vec<Column>) -> Table {
    Table {
        name: name.into(),
        own_name: name.into(),
        namespace: None,
        line: 1,
        columns,
        primary_key: vec![key.into()],
        unique_keys: vec![],
        indexes: vec![],
        foreign_keys: vec![],
        checks: vec![],
        comment: None,
        attributes: Default::default(),
    }
}

fn side(alias: &str, dialect: Dialect, zone: &str, tables: Vec<Table>) -> Side {
    let mut schema = read(FileId(0), "", dialect);
    schema.tables = tables;
    Side { alias: alias.into(), dialect, zone: zone.into(), file: format!("{alias}.sql"), schema }
}

pub(crate) fn expr(kind: ExprKind, ty: Type, nullable: bool) -> Expr {
    Expr { kind, ty, nullable }
}

pub(crate) fn literal(literal: Literal, ty: Type) -> Expr {
    let nullable = literal == Literal::Null;
    expr(ExprKind::Literal(literal), ty, nullable)
}

pub(crate) fn words(text: &str) -> Literal {
    Literal::Text(text.into())
}

pub(crate) fn legacy(step: &Read, column: usize, on_zero: OnZero) -> Expr {
    let read = &step.columns[column];
    expr(ExprKind::Legacy { column, on_zero, malformed: 0 }, read.ty.clone(), read.nullable)
}

fn rule(line: usize, text: &str, column: &str, ty: Type, value: Expr) -> Rule {
    Rule {
        column: column.into(),
        ty,
        nullable: value.nullable,
        arrow: Arrow::Both,
        value,
        class: Class::Iso,
        allows: vec![],
        text: text.into(),
        line,
    }
}

fn read_column(alias: &str, column: &str, ty: Type, nullable: bool) -> ReadColumn {
    ReadColumn { alias: alias.into(), column: column.into(), ty, nullable }
}

fn reason(name: &str, line: usize) -> Reason {
    Reason { name: name.into(), column: "p.Sex".into(), message: "no such value".into(), line }
}

fn on(column: &str, alias: &str, other: &str) -> Vec<Condition> {
    let own = if alias == "p" { "c" } else { "p" };
    let test = Test::Compare(Comparison::Equal, Operand::Column(alias.into(), other.into()));
    vec![Condition { alias: own.into(), column: column.into(), ty: int(), fold: false, test }]
}

fn date_time() -> Type {
    Type::DateTime { digits: 0, zero: true }
}

/// Two maps. With a zone other than UTC SQLite and MariaDB cannot carry the first as a set.
pub(crate) fn plan(zone: &str) -> Plan {
    Plan {
        name: "opal".into(),
        file: "opal.map".into(),
        source_hash: "0123abcd".into(),
        legacy: side("old", Dialect::MariaDb, zone, legacy_tables()),
        target: side("new", Dialect::PostgreSql, "UTC", target_tables()),
        functions: vec![],
        value_maps: vec![sex()],
        steps: vec![patient(zone), caregiver()],
        places: std::collections::BTreeMap::new(),
        left: vec![],
    }
}

fn legacy_tables() -> Vec<Table> {
    vec![
        table(
            "Patient",
            "PatientSerNum",
            vec![
                column("PatientSerNum", int(), false),
                column("FirstName", text(50), false),
                column("Sex", text(25), false),
                column("Language", Type::Enum(vec!["EN".into(), "FR".into(), "SN".into()]), false),
                column("DateOfBirth", date_time(), false),
                column("DeathDate", date_time(), true),
                column("TelNum", bigint(), true),
                column("Alias", text(100), true),
            ],
        ),
        table("PatientControl", "PatientSerNum", vec![column("PatientSerNum", int(), false)]),
        table(
            "Users",
            "UserSerNum",
            vec![
                column("UserSerNum", int(), false),
                column("UserType", text(255), false),
                column("UserTypeSerNum", int(), false),
                column("Username", text(255), false),
            ],
        ),
    ]
}

fn target_tables() -> Vec<Table> {
    vec![
        table(
            "patients_patient",
            "id",
            vec![
                column("id", bigint(), false),
                column("legacy_id", int(), true),
                column("first_name", text(150), false),
                column("sex", text(1), false),
                column("date_of_birth", Type::Date { zero: false }, false),
                column("date_of_death", Type::Instant { digits: 6, zero: false }, true),
                column("uuid", Type::Uuid, false),
                column("phone", text(20), false),
            ],
        ),
        table(
            "users_user",
            "id",
            vec![
                column("id", bigint(), false),
                column("username", text(150), false),
                column("language", text(2), false),
                column("type", text(10), false),
            ],
        ),
        table(
            "patients_relationship",
            "id",
            vec![
                column("id", bigint(), false),
                column("patient_id", bigint(), false),
                column("user_id", bigint(), false),
                column("type_id", bigint(), false),
            ],
        ),
        table(
            "patients_relationshiptype",
            "id",
            vec![column("id", bigint(), false), column("role_type", text(14), false)],
        ),
    ]
}

fn sex() -> ValueMap {
    let arm = |from: &str, to: &str, line| ValueArm {
        from: vec![words(from)],
        to: Outcome::Value(words(to)),
        arrow: Arrow::Both,
        line,
    };
    ValueMap {
        name: "Sex".into(),
        docs: vec!["The backend keeps one letter.".into()],
        line: 7,
        from: Type::TEXT,
        to: Type::TEXT,
        arms: vec![arm("Male", "M", 8), arm("Female", "F", 9), arm("It's\\", "O", 10)],
        rest: Some(Outcome::Reject("no such sex".into())),
    }
}

fn patient(zone: &str) -> Step {
    let read = Read {
        table: "Patient".into(),
        alias: "p".into(),
        joins: vec![],
        exists: vec![Exists {
            tables: vec![LookedInto { table: "PatientControl".into(), alias: "c".into() }],
            probed: false,
            on: on("PatientSerNum", "p", "PatientSerNum"),
            line: 25,
        }],
        required: vec![0],
        columns: vec![
            read_column("p", "PatientSerNum", int(), false),
            read_column("p", "FirstName", text(50), false),
            read_column("p", "Sex", text(25), false),
            read_column("p", "DateOfBirth", date_time(), false),
            read_column("p", "DeathDate", date_time(), true),
            read_column("p", "TelNum", bigint(), true),
        ],
        key: vec![0],
    };
    let target = Target {
        role: "t".into(),
        table: "patients_patient".into(),
        key: "id".into(),
        key_type: bigint(),
        key_rule: None,
        identity: Some(Identity { columns: vec![(0, false)], several: None }),
        when: None,
        when_text: None,
        existing: None,
        rules: patient_rules(&read, zone),
        line: 24,
    };
    Step {
        name: "Patient".into(),
        docs: vec!["Every fully registered patient.".into()],
        line: 24,
        meaning: "a".into(),
        read,
        scope: None,
        guards: vec![],
        links: vec![],
        targets: vec![target],
        no_target: None,
        unique: vec![],
        reasons: vec![reason("Sex", 30), reason("ZeroBirth", 31), reason("FirstNameTooLong", 28)],
        rollback: Rollback::Delete,
        dropped: vec![Dropped { columns: vec![("p".into(), "Alias".into())], reason: "not used".into(), line: 40 }],
        deferred: vec![Deferred { columns: vec![("p".into(), "Language".into())], to: "Caregiver".into(), line: 39 }],
        examples: vec![],
    }
}

fn patient_rules(read: &Read, zone: &str) -> Vec<Rule> {
    let birth = legacy(read, 3, OnZero::Reject(1));
    let day = Type::Date { zero: false };
    let death = legacy(read, 4, OnZero::Null);
    let instant = Type::Instant { digits: 6, zero: false };
    let first = legacy(read, 1, OnZero::Null);
    let first = expr(ExprKind::Convert(Conversion::Length { max: 6, reject: 2 }, first.into()), text(6), false);
    let letter = ExprKind::Through { map: 0, argument: legacy(read, 2, OnZero::Null).into(), reject: 0 };
    let to_instant = Conversion::WallToInstant { zone: zone.into() };
    vec![
        rule(27, "key p.PatientSerNum", "legacy_id", int(), legacy(read, 0, OnZero::Null)),
        rule(28, "p.FirstName", "first_name", text(150), first),
        rule(30, "p.Sex via Sex", "sex", text(1), expr(letter, text(1), false)),
        rule(
            31,
            "date(p.DateOfBirth)",
            "date_of_birth",
            day.clone(),
            expr(ExprKind::Call(Function::Date, vec![birth]), day, false),
        ),
        rule(
            32,
            "p.DeathDate",
            "date_of_death",
            instant.clone(),
            expr(ExprKind::Convert(to_instant, death.into()), instant, true),
        ),
        rule(33, "generated uuid()", "uuid", Type::Uuid, expr(ExprKind::Generated(Generated::Uuid), Type::Uuid, false)),
        rule(34, "match p.TelNum", "phone", text(20), phone(read)),
    ]
}

/// null | 0 gives nothing, numbers of ten digits are written with dashes, others are rejected.
fn phone(read: &Read) -> Expr {
    let number = legacy(read, 5, OnZero::Null);
    let shown = expr(ExprKind::Call(Function::Text, vec![number.clone()]), Type::TEXT, true);
    let whole = |number| literal(Literal::Integer(number), Type::INTEGER);
    let mid = |start, length| {
        let arguments = vec![shown.clone(), whole(start), whole(length)];
        expr(ExprKind::Call(Function::Mid, arguments), Type::TEXT, true)
    };
    let parts = vec![literal(words("+1 "), Type::TEXT), mid(1, 3), literal(words("-"), Type::TEXT), mid(4, 7)];
    let arms = vec![
        Arm {
            patterns: vec![Pattern::Null, Pattern::Literal(Literal::Integer(0))],
            result: ArmResult::Value(literal(words(""), Type::TEXT)),
            line: 35,
        },
        Arm {
            patterns: vec![Pattern::Range(Literal::Integer(2_000_000_000), Literal::Integer(9_999_999_999))],
            result: ArmResult::Value(expr(ExprKind::Concat(parts), Type::TEXT, false)),
            line: 36,
        },
        Arm { patterns: vec![Pattern::Any], result: ArmResult::Reject(0), line: 37 },
    ];
    expr(ExprKind::Match { subject: number.into(), arms }, text(20), false)
}

fn caregiver() -> Step {
    let read = Read {
        table: "Users".into(),
        alias: "u".into(),
        joins: vec![Join {
            table: "Patient".into(),
            alias: "p".into(),
            on: on("PatientSerNum", "u", "UserTypeSerNum"),
            missing: Some(0),
            several: None,
            probed: false,
            line: 52,
        }],
        exists: vec![],
        required: vec![],
        columns: vec![
            read_column("u", "UserSerNum", int(), false),
            read_column("u", "UserType", text(255), false),
            read_column("u", "UserTypeSerNum", int(), false),
            read_column("u", "Username", text(255), false),
            read_column("p", "Language", Type::Enum(vec!["EN".into(), "FR".into(), "SN".into()]), false),
        ],
        key: vec![0],
    };
    let scope = ExprKind::Compare(
        Comparison::Equal,
        legacy(&read, 1, OnZero::Null).into(),
        literal(words("Patient"), Type::TEXT).into(),
    );
    let patient = legacy(&read, 2, OnZero::Null);
    Step {
        name: "Caregiver".into(),
        docs: vec!["An account of a patient becomes a caregiver".into(), "and the relationship to itself.".into()],
        line: 51,
        meaning: "b".into(),
        scope: Some(expr(scope, Type::Boolean, false)),
        guards: vec![],
        links: caregiver_links(patient),
        targets: caregiver_targets(&read),
        read,
        no_target: None,
        unique: vec![],
        reasons: vec![reason("NoPatient", 52), reason("Language", 60), reason("NoType", 66)],
        rollback: Rollback::Delete,
        dropped: vec![],
        deferred: vec![],
        examples: vec![],
    }
}

fn caregiver_links(patient: Expr) -> Vec<Link> {
    let by = vec![LookupColumn { column: "role_type".into(), ty: text(14), fold: false }];
    let lookup = LinkKind::Lookup { table: "patients_relationshiptype".into(), result: "id".into(), ty: bigint(), by };
    vec![
        Link {
            kind: LinkKind::Reference { step: "Patient".into(), target: 0 },
            key: vec![patient],
            only_for: vec![],
            line: 64,
        },
        Link { kind: lookup, key: vec![literal(words("SELF"), Type::TEXT)], only_for: vec![], line: 66 },
    ]
}

fn caregiver_targets(read: &Read) -> Vec<Target> {
    let language = legacy(read, 4, OnZero::Null);
    let language = expr(ExprKind::Call(Function::Lower, vec![language]), Type::TEXT, false);
    let allowed = vec![Pattern::Literal(words("en")), Pattern::Literal(words("fr"))];
    let language = ExprKind::Restrict { argument: language.into(), patterns: allowed, reject: 1 };
    let link = |link| expr(ExprKind::Link { link, missing: 2, ambiguous: 2 }, bigint(), false);
    let user = vec![
        rule(58, "u.Username", "username", text(150), legacy(read, 3, OnZero::Null)),
        rule(60, "lower(p.Language)", "language", text(2), expr(language, text(2), false)),
        rule(61, "\"CAREGIVER\"", "type", text(10), literal(words("CAREGIVER"), text(10))),
    ];
    let own = vec![
        rule(64, "ref Patient(u.UserTypeSerNum)", "patient_id", bigint(), link(0)),
        rule(65, "ref caregiver", "user_id", bigint(), expr(ExprKind::Sibling(0), bigint(), false)),
        rule(66, "lookup new.patients_relationshiptype(role_type: \"SELF\")", "type_id", bigint(), link(1)),
    ];
    let target = |role: &str, table: &str, rules, line| Target {
        role: role.into(),
        table: table.into(),
        key: "id".into(),
        key_type: bigint(),
        key_rule: None,
        identity: None,
        when: None,
        when_text: None,
        existing: None,
        rules,
        line,
    };
    vec![target("caregiver", "users_user", user, 57), target("self", "patients_relationship", own, 63)]
}

/// The same with names that try to leave their quotes and comments.
pub(crate) fn hostile() -> Plan {
    let mut plan = plan("UTC");
    let bad = "x\"}`'] --\n@enduml; DROP TABLE y; /* ";
    plan.file = bad.into();
    plan.legacy.alias = bad.into();
    for table in plan.legacy.schema.tables.iter_mut().chain(&mut plan.target.schema.tables) {
        table.columns.push(column(bad, Type::Other(bad.into()), true));
        table.columns.push(column("__x__ {method} <b>y</b>", text(3), true));
    }
    for step in &mut plan.steps {
        step.docs = vec![bad.into()];
        step.dropped = vec![Dropped { columns: vec![("p".into(), bad.into())], reason: bad.into(), line: 1 }];
        for target in &mut step.targets {
            target.role = format!("{bad}{}", target.role);
            target.rules[0].text = bad.into();
            target.rules[0].column = bad.into();
            target.rules[1].column = "__x__ {method} <b>y</b>".into();
        }
    }
    plan
}

/// Many tables on both sides with a map for each pair. Every fourth target refers to the one three before, the first
/// ones to each other in a long row.
pub(crate) fn large(tables: usize) -> Plan {
    let mut plan = plan("UTC");
    let (legacy, target, step) =
        (plan.legacy.schema.tables[0].clone(), plan.target.schema.tables[0].clone(), plan.steps[0].clone());
    plan.legacy.schema.tables.clear();
    plan.target.schema.tables.clear();
    plan.steps.clear();
    for at in 0..tables {
        plan.legacy.schema.tables.push(Table { name: format!("L{at}"), ..legacy.clone() });
        let mut target = Table { name: format!("T{at}"), ..target.clone() };
        if at % 4 == 3 || (1..20).contains(&at) {
            let columns = vec!["legacy_id".into()];
            let table = format!("T{}", if at < 20 { at - 1 } else { at - 3 });
            let (name, referenced, actions) = (None, vec![], vec![]);
            target.foreign_keys.push(ForeignKey {
                name,
                columns,
                table,
                referenced,
                namespace: None,
                actions,
                line: 1,
            });
        }
        plan.target.schema.tables.push(target);
        let mut step = Step { name: format!("M{at}"), ..step.clone() };
        step.read.table = format!("L{at}");
        step.read.exists.clear();
        step.read.required.clear();
        step.deferred.clear();
        step.targets[0].table = format!("T{at}");
        if at > 0 {
            let kind = LinkKind::Reference { step: format!("M{}", at - 1), target: 0 };
            step.links.push(Link { kind, key: vec![legacy_id(&step.read)], only_for: vec![], line: 5 });
        }
        plan.steps.push(step);
    }
    plan
}

fn legacy_id(read: &Read) -> Expr {
    legacy(read, 0, OnZero::Null)
}
