//! Every operator in every dialect: what is written parses (and prepares on SQLite), what is not is named.

use crate::plan::{expr, legacy, literal, plan, words};
use crate::sql::database;
use cutover_codegen::sql;
use cutover_mapping_dsl::plan::*;
use cutover_mapping_dsl::schema::Dialect;
use cutover_mapping_dsl::types::Type;

/// The plan with this value for a column that may be null.
fn with(value: Expr) -> Plan {
    let mut plan = plan("UTC");
    let target = &mut plan.steps[0].targets[0];
    target.rules[4].value = value;
    plan
}

fn call(function: Function, arguments: Vec<Expr>) -> Expr {
    expr(ExprKind::Call(function, arguments), Type::TEXT, true)
}

fn convert(conversion: Conversion, inner: Expr, ty: Type) -> Expr {
    expr(ExprKind::Convert(conversion, inner.into()), ty, true)
}

/// Each operator once, over columns of the patient: 1 is text, 3 a time, 5 a whole number.
fn operators() -> Vec<(&'static str, Expr)> {
    let plan = plan("UTC");
    let column = |column| legacy(&plan.steps[0].read, column, OnZero::Null);
    let (name, time, number) = (|| column(1), || column(4), || column(5));
    let text = |text: &str| literal(words(text), Type::TEXT);
    let whole = |number| literal(Literal::Integer(number), Type::integer(32, true));
    let decimal = Type::Decimal { precision: 12, scale: 2 };
    let instant = Type::Instant { digits: 6, zero: false };
    let fits = |pattern| expr(ExprKind::Fits(name().into(), vec![pattern]), Type::Boolean, false);
    let arithmetic =
        |left, right, ty| expr(ExprKind::Arithmetic(Arithmetic::Multiply, Box::new(left), Box::new(right)), ty, true);
    let zone = || "America/Toronto".to_string();
    let unset = |values: &[Literal]| Conversion::Unset { values: values.to_vec() };
    vec![
        ("lower", call(Function::Lower, vec![name()])),
        ("upper", call(Function::Upper, vec![name()])),
        ("lower of ASCII", call(Function::Lower, vec![text("ABC")])),
        ("lower_ascii", call(Function::LowerAscii, vec![name()])),
        ("upper_ascii", call(Function::UpperAscii, vec![name()])),
        ("trim", call(Function::Trim, vec![name()])),
        ("fold", call(Function::Fold, vec![name()])),
        ("nfkc", call(Function::Nfkc, vec![name()])),
        ("mid", call(Function::Mid, vec![name(), number(), whole(-1)])),
        ("before one", call(Function::Before, vec![name(), text("@")])),
        ("before two", call(Function::Before, vec![name(), text("::")])),
        ("after one", call(Function::After, vec![name(), text("'")])),
        ("after nothing", call(Function::After, vec![name(), text("")])),
        ("length", call(Function::Length, vec![name()])),
        ("text", call(Function::Text, vec![number()])),
        ("coalesce", call(Function::Coalesce, vec![name(), text("x")])),
        ("arithmetic in 64 bits", arithmetic(whole(-2), whole(3), Type::integer(64, true))),
        ("arithmetic beyond", arithmetic(number(), number(), Type::INTEGER)),
        ("pattern", fits(Pattern::Regex("[a-z]{2}".into()))),
        ("pattern that differs", fits(Pattern::Regex(r"\d+".into()))),
        ("not a text", fits(Pattern::Not(Box::new(Pattern::Literal(words("x")))))),
        ("range of texts", fits(Pattern::Range(words("a"), words("b")))),
        ("not null", convert(Conversion::NotNull { reject: 0 }, number(), Type::INTEGER)),
        ("unset numbers", convert(unset(&[Literal::Integer(0), Literal::Integer(-1)]), number(), Type::INTEGER)),
        ("unset texts", convert(unset(&[words("")]), name(), Type::TEXT)),
        ("range", convert(Conversion::Range { min: -5, max: 5, reject: 0 }, number(), Type::INTEGER)),
        (
            "range beyond 64 bits",
            convert(Conversion::Range { min: 0, max: 1 << 70, reject: 0 }, number(), Type::INTEGER),
        ),
        ("wall to instant", convert(Conversion::WallToInstant { zone: zone() }, time(), instant.clone())),
        ("instant to wall", convert(Conversion::InstantToWall { zone: zone() }, time(), instant.clone())),
        ("date to wall", convert(Conversion::DateToWall, call(Function::Date, vec![time()]), instant.clone())),
        ("cut fraction", convert(Conversion::CutFraction { digits: 3 }, time(), instant)),
        ("integer to boolean", convert(Conversion::IntegerToBoolean { reject: 0 }, number(), Type::Boolean)),
        ("boolean to integer", convert(Conversion::BooleanToInteger, fits(Pattern::Null), Type::INTEGER)),
        ("integer to decimal", convert(Conversion::IntegerToDecimal, number(), decimal.clone())),
        (
            "digits",
            convert(
                Conversion::Digits { precision: 5, scale: 2, reject: 0 },
                convert(Conversion::IntegerToDecimal, number(), decimal.clone()),
                decimal,
            ),
        ),
        ("text to uuid", convert(Conversion::TextToUuid { reject: 0 }, name(), Type::Uuid)),
        (
            "uuid to text",
            convert(Conversion::UuidToText, expr(ExprKind::Generated(Generated::Uuid), Type::Uuid, false), Type::TEXT),
        ),
    ]
}

/// A plan for each operator.
pub(crate) fn plans() -> Vec<(&'static str, Plan)> {
    operators().into_iter().map(|(name, value)| (name, with(value))).collect()
}

#[test]
fn every_operator_is_written_or_named() {
    let mut table = String::new();
    for (name, value) in operators() {
        let plan = with(value);
        for dialect in Dialect::ALL {
            let files = sql::emit_dialect(&plan, dialect).unwrap_or_else(|error| panic!("{name}: {error}"));
            sql::parse_back(&files).unwrap_or_else(|error| panic!("{name}: {error}"));
            let forward = files.get(&format!("sql/{dialect}/forward.sql")).unwrap();
            let named = forward.lines().filter(|line| line.starts_with("-- not expressible in ")).count();
            let answer = match sql::pushdown(&plan, &plan.steps[0], dialect) {
                Ok(()) => "yes".to_string(),
                Err(reasons) => reasons.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "),
            };
            let reasons = if answer == "yes" { 0 } else { answer.split("; ").count() };
            assert_eq!(named, reasons, "{name}: pushdown says {answer}, the file says\n{forward}");
            table += &format!("{name:24} {:10} {answer}\n", dialect.name());
        }
    }
    insta::assert_snapshot!(table);
}

#[test]
fn sqlite_runs_every_operator_that_is_written() {
    for (name, value) in operators() {
        let files = sql::emit_dialect(&with(value), Dialect::Sqlite).unwrap();
        sql::parse_back(&files).unwrap();
        for artefact in ["forward", "rollback"] {
            let text = files.get(&format!("sql/sqlite/{artefact}.sql")).unwrap();
            database().execute_batch(text).unwrap_or_else(|error| panic!("{name}: {error}: {text}"));
        }
    }
}
