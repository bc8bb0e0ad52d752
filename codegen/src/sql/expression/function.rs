//! Functions, concatenation and arithmetic.

use super::{Fragment, Translator};
use cutover_mapping_dsl::plan::{Arithmetic, Expr, ExprKind, Function, Literal};
use cutover_mapping_dsl::types::Type;

impl Translator<'_> {
    pub(super) fn call(&mut self, function: Function, arguments: &[Expr], call: &Expr) -> Fragment {
        let parts: Vec<Fragment> = arguments.iter().map(|argument| self.translate(argument)).collect();
        let values: Vec<&str> = parts.iter().map(|part| part.value.as_str()).collect();
        let value = self.function(function, arguments, &values, call);
        Fragment { value, rejects: parts.into_iter().flat_map(|part| part.rejects).collect() }
    }

    fn function(&mut self, function: Function, arguments: &[Expr], values: &[&str], call: &Expr) -> String {
        match function {
            Function::Lower if is_ascii(&arguments[0]) => self.dialect.lower_ascii(values[0]),
            Function::Lower => self.cannot("lower() beyond ASCII"),
            Function::Upper if is_ascii(&arguments[0]) => self.dialect.upper_ascii(values[0]),
            Function::Upper => self.cannot("upper() beyond ASCII"),
            Function::LowerAscii if is_ascii(&arguments[0]) => self.dialect.lower_ascii(values[0]),
            Function::LowerAscii => {
                self.dialect.lower_letters(values[0]).unwrap_or_else(|| self.cannot("lower_ascii()"))
            }
            Function::UpperAscii if is_ascii(&arguments[0]) => self.dialect.upper_ascii(values[0]),
            Function::UpperAscii => {
                self.dialect.upper_letters(values[0]).unwrap_or_else(|| self.cannot("upper_ascii()"))
            }
            Function::Fold if is_ascii(&arguments[0]) => self.dialect.lower_ascii(&self.dialect.trim_end(values[0])),
            Function::Fold => self.cannot("fold() beyond ASCII"),
            Function::Trim => self.dialect.trim(values[0]),
            Function::Nfkc => self.dialect.nfkc(values[0]).unwrap_or_else(|| self.cannot("nfkc()")),
            Function::Mid => self.mid(arguments, values),
            Function::Before => self.cut(arguments, values, "before()"),
            Function::After => self.cut(arguments, values, "after()"),
            Function::Length => self.dialect.length(values[0]),
            Function::Text => self.text_of(&arguments[0], values[0]),
            Function::Date => self.day_of(&arguments[0], values[0]),
            Function::Coalesce => self.coalesce(values, &call.ty),
        }
    }

    /// A start before the text means its first character, a negative length means none.
    fn mid(&self, arguments: &[Expr], values: &[&str]) -> String {
        let start = self.at_least(1, &arguments[1], values[1]);
        let length = self.at_least(0, &arguments[2], values[2]);
        self.dialect.mid(values[0], &start, &length)
    }

    fn at_least(&self, bound: i128, argument: &Expr, value: &str) -> String {
        match (&argument.kind, &argument.ty) {
            (ExprKind::Literal(Literal::Integer(number)), _) => (*number).max(bound).to_string(),
            (_, Type::Integer { min, .. }) if *min >= bound => value.to_string(),
            _ => self.dialect.greatest(value, &bound.to_string()),
        }
    }

    fn cut(&mut self, arguments: &[Expr], values: &[&str], name: &str) -> String {
        let ExprKind::Literal(Literal::Text(separator)) = &arguments[1].kind else {
            return self.cannot(format!("{name} with a separator that is no literal"));
        };
        let cut = match (separator.is_empty(), name) {
            (true, _) => None,
            (false, "before()") => self.dialect.before(values[0], separator),
            (false, _) => self.dialect.after(values[0], separator),
        };
        let shown = crate::comment::line(separator);
        cut.unwrap_or_else(|| self.cannot(format!("{name} with the separator \"{shown}\"")))
    }

    fn text_of(&mut self, argument: &Expr, value: &str) -> String {
        match argument.ty {
            Type::Integer { .. } => self.dialect.integer_to_text(value),
            Type::Text { .. } | Type::Enum(_) => value.to_string(),
            _ => self.cannot(format!("text() of {}", argument.ty.family())),
        }
    }

    fn day_of(&mut self, argument: &Expr, value: &str) -> String {
        match argument.ty {
            Type::Date { .. } => value.to_string(),
            Type::Instant { .. } => {
                let wall = self.instant_to_wall(value, &self.plan.legacy.zone);
                self.dialect.day(&wall)
            }
            _ => self.dialect.day(value),
        }
    }

    fn coalesce(&self, values: &[&str], ty: &Type) -> String {
        let mixable = |value: &&str| match ty.is_text() {
            true => self.dialect.mixable(value),
            false => value.to_string(),
        };
        format!("COALESCE({})", values.iter().map(mixable).collect::<Vec<_>>().join(", "))
    }

    pub(super) fn concat(&mut self, parts: &[Expr]) -> Fragment {
        let parts: Vec<Fragment> = parts.iter().map(|part| self.translate(part)).collect();
        let texts: Vec<String> = parts.iter().map(|part| self.dialect.mixable(&part.value)).collect();
        let value = self.dialect.concat(&texts);
        Fragment { value, rejects: parts.into_iter().flat_map(|part| part.rejects).collect() }
    }

    /// Numbers are widened so that no result leaves the engine's numbers; which is needed follows from the types.
    pub(super) fn arithmetic(&mut self, operator: Arithmetic, left: &Expr, right: &Expr, ty: &Type) -> Fragment {
        let (first, second) = (self.translate(left), self.translate(right));
        let fits = [&left.ty, &right.ty, ty].into_iter().all(fits_64_bits);
        let sign = match operator {
            Arithmetic::Add => "+",
            Arithmetic::Subtract => "-",
            Arithmetic::Multiply => "*",
        };
        let value = match fits {
            true => Some(format!("({} {sign} {})", self.dialect.wide(&first.value), self.dialect.wide(&second.value))),
            false => self
                .dialect
                .unbounded(&first.value)
                .zip(self.dialect.unbounded(&second.value))
                .map(|(first, second)| format!("({first} {sign} {second})")),
        };
        let value = value.unwrap_or_else(|| self.cannot("numbers of more than 64 bits"));
        Fragment { value, rejects: [first.rejects, second.rejects].concat() }
    }
}

/// Whether a text can be seen to be ASCII only: a closed list is, a literal, and what is made of such.
fn is_ascii(expr: &Expr) -> bool {
    let listed = matches!(&expr.ty, Type::Enum(labels) if labels.iter().all(|label| label.is_ascii()));
    listed
        || match &expr.kind {
            ExprKind::Literal(Literal::Text(text)) => text.is_ascii(),
            ExprKind::Call(Function::Lower | Function::Upper | Function::Trim | Function::Fold, arguments)
            | ExprKind::Call(Function::LowerAscii | Function::UpperAscii, arguments) => is_ascii(&arguments[0]),
            ExprKind::Call(Function::Text, _) => true,
            ExprKind::Concat(parts) => parts.iter().all(is_ascii),
            _ => false,
        }
}

fn fits_64_bits(ty: &Type) -> bool {
    matches!(ty, Type::Integer { min, max } if *min >= i64::MIN.into() && *max <= i64::MAX.into())
}
