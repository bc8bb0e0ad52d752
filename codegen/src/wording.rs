//! Expressions of the plan as people write them, for pages and for `cutover plan`. What the compiler put in by itself,
//! such as conversions to a column's type, is left out.

use cutover_mapping_dsl::plan::{
    Arithmetic, ArmResult, Comparison, Condition, Expr, ExprKind, Function, Generated, LinkKind, Literal, Operand,
    Pattern, Plan, Step, Test,
};

/// Writes the expressions of one step.
#[derive(Clone, Copy)]
pub(crate) struct Wording<'p> {
    pub(crate) plan: &'p Plan,
    pub(crate) step: &'p Step,
}

impl Wording<'_> {
    /// Returns an expression in the language of mappings.
    pub(crate) fn expr(&self, expr: &Expr) -> String {
        let both = |sign: &str, left: &Expr, right: &Expr| format!("{} {sign} {}", self.expr(left), self.expr(right));
        match &expr.kind {
            ExprKind::Legacy { column, .. } => {
                let column = &self.step.read.columns[*column];
                format!("{}.{}", column.alias, column.column)
            }
            ExprKind::Literal(value) => literal(value),
            ExprKind::Exists(asked) => self.exists(*asked),
            ExprKind::Call(function, arguments) => format!("{}({})", name(*function), self.list(arguments, ", ")),
            ExprKind::Given { function, arguments, .. } => {
                format!("{}({})", self.plan.functions[*function].name, self.list(arguments, ", "))
            }
            ExprKind::Concat(parts) => self.list(parts, " ++ "),
            ExprKind::Arithmetic(operator, left, right) => both(arithmetic(*operator), left, right),
            ExprKind::Compare(operator, left, right) => both(comparison(*operator), left, right),
            ExprKind::And(left, right) => both("and", left, right),
            ExprKind::Or(left, right) => format!("({})", both("or", left, right)),
            ExprKind::Not(part) => format!("not ({})", self.expr(part)),
            ExprKind::Fits(part, wanted) => format!("{} in {{ {} }}", self.expr(part), patterns(wanted)),
            ExprKind::Match { subject, arms } => {
                let arms = arms.iter().map(|arm| match &arm.result {
                    ArmResult::Value(value) => format!("{} -> {}", patterns(&arm.patterns), self.expr(value)),
                    ArmResult::Reject(_) => format!("{} -> reject", patterns(&arm.patterns)),
                });
                format!("match {} {{ {} }}", self.expr(subject), arms.collect::<Vec<_>>().join("; "))
            }
            ExprKind::Through { map, argument, .. } => {
                format!("{} via {}", self.expr(argument), self.plan.value_maps[*map].name)
            }
            ExprKind::Restrict { argument, .. } | ExprKind::Convert(_, argument) => self.expr(argument),
            ExprKind::Link { link, .. } => self.link(*link),
            ExprKind::Sibling(target) => format!("ref {}", self.step.targets[*target].role),
            ExprKind::Generated(Generated::Uuid) => "generated uuid()".to_string(),
        }
    }

    fn list(&self, parts: &[Expr], between: &str) -> String {
        parts.iter().map(|part| self.expr(part)).collect::<Vec<_>>().join(between)
    }

    fn link(&self, link: usize) -> String {
        let link = &self.step.links[link];
        match &link.kind {
            LinkKind::Reference { step, .. } => format!("ref {step}({})", self.list(&link.key, ", ")),
            LinkKind::Lookup { table, by, .. } => {
                let by = by.iter().zip(&link.key).map(|(by, key)| {
                    let column = if by.fold { format!("fold({})", by.column) } else { by.column.clone() };
                    format!("{column}: {}", self.expr(key))
                });
                format!("lookup {table}({})", by.collect::<Vec<_>>().join(", "))
            }
        }
    }

    /// Returns a question whether a row exists.
    pub(crate) fn exists(&self, asked: usize) -> String {
        let asked = &self.step.read.exists[asked];
        let tables = asked.tables.iter().map(|table| format!("{} {}", table.table, table.alias));
        format!("exists {} on {}", tables.collect::<Vec<_>>().join(", "), conditions(&asked.on))
    }
}

/// Returns the conditions of a join or a question.
pub(crate) fn conditions(on: &[Condition]) -> String {
    on.iter().map(condition).collect::<Vec<_>>().join(" and ")
}

fn condition(condition: &Condition) -> String {
    let folded = |text: String, fold: bool| if fold { format!("fold({text})") } else { text };
    let own = folded(format!("{}.{}", condition.alias, condition.column), condition.fold);
    match &condition.test {
        Test::Compare(how, Operand::Column(alias, column)) => format!("{own} {} {alias}.{column}", comparison(*how)),
        Test::Compare(how, Operand::Folded(alias, column)) => {
            format!("{own} {} fold({alias}.{column})", comparison(*how))
        }
        Test::Compare(how, Operand::Literal(value)) => format!("{own} {} {}", comparison(*how), literal(value)),
        Test::Among(values) => {
            format!("{own} in [{}]", values.iter().map(literal).collect::<Vec<_>>().join(", "))
        }
    }
}

/// Returns a literal as a mapping writes it.
pub(crate) fn literal(value: &Literal) -> String {
    match value {
        Literal::Null => "null".to_string(),
        Literal::Boolean(value) => value.to_string(),
        Literal::Integer(value) => value.to_string(),
        Literal::Decimal(text) => text.clone(),
        Literal::Text(text) => format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")),
        Literal::Date(day) => day.to_string(),
        Literal::DateTime(time) => time.format("%Y-%m-%d %H:%M:%S%.f").to_string(),
    }
}

fn patterns(patterns: &[Pattern]) -> String {
    patterns.iter().map(pattern).collect::<Vec<_>>().join(" | ")
}

fn pattern(wanted: &Pattern) -> String {
    match wanted {
        Pattern::Any => "_".to_string(),
        Pattern::Null => "null".to_string(),
        Pattern::Literal(value) => literal(value),
        Pattern::Range(from, to) => format!("{}..{}", literal(from), literal(to)),
        Pattern::Regex(text) => format!("/{text}/"),
        Pattern::Not(inner) => format!("not {}", pattern(inner)),
    }
}

/// Returns the name of a function.
pub(crate) fn name(function: Function) -> &'static str {
    match function {
        Function::Lower => "lower",
        Function::Upper => "upper",
        Function::LowerAscii => "lower_ascii",
        Function::UpperAscii => "upper_ascii",
        Function::Trim => "trim",
        Function::Fold => "fold",
        Function::Nfkc => "nfkc",
        Function::Mid => "mid",
        Function::Before => "before",
        Function::After => "after",
        Function::Length => "length",
        Function::Text => "text",
        Function::Date => "date",
        Function::Coalesce => "coalesce",
    }
}

fn arithmetic(operator: Arithmetic) -> &'static str {
    match operator {
        Arithmetic::Add => "+",
        Arithmetic::Subtract => "-",
        Arithmetic::Multiply => "*",
    }
}

fn comparison(operator: Comparison) -> &'static str {
    match operator {
        Comparison::Equal => "==",
        Comparison::NotEqual => "!=",
        Comparison::Less => "<",
        Comparison::LessOrEqual => "<=",
        Comparison::Greater => ">",
        Comparison::GreaterOrEqual => ">=",
    }
}
