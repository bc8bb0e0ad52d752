//! Expressions of the plan as Rust. An expression that can be null is an `Option`. A rejection is `return Err(…)`: every
//! expression stands in a function that returns `Result<_, Rejection>`.

use super::fields::{Names, has_zero, ident, is_borrowed, value_type};
use super::given;
use super::values::{function_name, literal};
use cutover_mapping_dsl::plan::{
    Arithmetic, ArmResult, Comparison, Conversion, Expr, ExprKind, Function, Generated, Literal, OnZero, Outcome,
    Pattern, Plan, Step,
};
use cutover_mapping_dsl::types::Type;
use proc_macro2::{Ident, Literal as Token, TokenStream};
use quote::{format_ident, quote};

/// Writes the expressions of one step, and collects the patterns and zones that they need as statics.
pub(super) struct Writer<'a> {
    plan: &'a Plan,
    step: &'a Step,
    pub(super) names: &'a Names,
    pub(super) patterns: Vec<String>,
    pub(super) zones: Vec<String>,
}

impl<'a> Writer<'a> {
    pub(super) fn new(plan: &'a Plan, step: &'a Step, names: &'a Names) -> Writer<'a> {
        Writer { plan, step, names, patterns: Vec::new(), zones: Vec::new() }
    }

    /// Returns the rejection for a reason with a value.
    fn reject(&self, reason: usize, value: TokenStream) -> TokenStream {
        let variant = ident(&self.names.reasons[reason]);
        quote!(return Err(Reject::#variant.with(#value)))
    }

    fn reason(&self, reason: usize) -> TokenStream {
        let variant = ident(&self.names.reasons[reason]);
        quote!(Reject::#variant as usize)
    }

    /// Returns an expression of type `T`, or `Option<T>` if it can be null.
    pub(super) fn value(&mut self, expr: &Expr) -> TokenStream {
        match &expr.kind {
            ExprKind::Legacy { column, on_zero, .. } => self.legacy(*column, *on_zero, expr),
            ExprKind::Literal(value) => literal(value),
            ExprKind::Exists(index) => {
                let field = ident(&self.names.legacy[self.step.read.columns.len() + index]);
                quote!(legacy.#field)
            }
            ExprKind::Call(function, arguments) => self.call(*function, arguments, expr),
            ExprKind::Given { function, arguments, reject } => self.given(*function, arguments, *reject),
            ExprKind::Concat(parts) => self.concat(parts),
            ExprKind::Arithmetic(operator, left, right) => {
                let method = format_ident!(
                    "{}",
                    match operator {
                        Arithmetic::Add => "saturating_add",
                        Arithmetic::Subtract => "saturating_sub",
                        Arithmetic::Multiply => "saturating_mul",
                    }
                );
                self.strict(&[left, right], |arguments| {
                    let (left, right) = (&arguments[0], &arguments[1]);
                    quote!(i128::#method(#left, #right))
                })
            }
            ExprKind::Compare(comparison, left, right) => self.compare(*comparison, left, right),
            ExprKind::And(left, right) => self.logical(left, right, false),
            ExprKind::Or(left, right) => self.logical(left, right, true),
            ExprKind::Not(part) => self.strict(&[part], |arguments| {
                let part = &arguments[0];
                quote!(!#part)
            }),
            ExprKind::Fits(part, patterns) => {
                let value = self.value(part);
                let fits = self.fits(patterns, part);
                quote!({ let value = #value; #fits })
            }
            ExprKind::Match { subject, arms } => self.match_arms(subject, arms, expr),
            ExprKind::Through { map, argument, reject } => self.through(*map, argument, *reject, expr),
            ExprKind::Restrict { argument, patterns, reject } => self.restrict(argument, patterns, *reject),
            ExprKind::Convert(conversion, part) => self.convert(conversion, part),
            ExprKind::Link { link, missing, ambiguous } => self.link(*link, *missing, *ambiguous, expr),
            ExprKind::Sibling(_) => quote!(()),
            ExprKind::Generated(Generated::Uuid) => quote!(generator.uuid()),
        }
    }

    fn legacy(&mut self, column: usize, on_zero: OnZero, expr: &Expr) -> TokenStream {
        let field = ident(&self.names.legacy[column]);
        let read = &self.step.read.columns[column];
        let place = quote!(legacy.#field);
        if has_zero(&read.ty) {
            return match (on_zero, read.nullable) {
                (OnZero::Null, false) => quote!(#place.ok()),
                (OnZero::Null, true) => quote!(#place.and_then(Result::ok)),
                (OnZero::Reject(reason), nullable) => {
                    let reason = self.reason(reason);
                    match (nullable, expr.nullable) {
                        (false, _) => quote!(read::not_zero(#place, #reason)?),
                        (true, true) => {
                            quote!(match #place { Some(value) => Some(read::not_zero(value, #reason)?), None => None })
                        }
                        (true, false) => quote!(read::not_zero(#place.expect("an arm above took null"), #reason)?),
                    }
                }
            };
        }
        match (is_borrowed(&read.ty), read.nullable, expr.nullable) {
            (true, false, _) => quote!(Cow::Borrowed(#place)),
            (true, true, true) => quote!(#place.map(Cow::Borrowed)),
            (true, true, false) => quote!(Cow::Borrowed(#place.expect("an arm above took null"))),
            (false, true, false) => quote!(#place.expect("an arm above took null")),
            (false, _, _) => quote!(#place),
        }
    }

    /// Applies a function to arguments; null in any of them gives null.
    fn strict(&mut self, arguments: &[&Expr], apply: impl FnOnce(&[Ident]) -> TokenStream) -> TokenStream {
        let values: Vec<TokenStream> = arguments.iter().map(|argument| self.value(argument)).collect();
        let names: Vec<Ident> = (0..arguments.len()).map(|index| format_ident!("argument_{index}")).collect();
        let applied = apply(&names);
        if arguments.iter().all(|argument| !argument.nullable) {
            return quote!({ #(let #names = #values;)* #applied });
        }
        let patterns = arguments.iter().zip(&names).map(|(argument, name)| match argument.nullable {
            true => quote!(Some(#name)),
            false => quote!(#name),
        });
        quote!(match (#(#values,)*) { (#(#patterns,)*) => Some(#applied), _ => None })
    }

    fn call(&mut self, function: Function, arguments: &[Expr], expr: &Expr) -> TokenStream {
        if function == Function::Coalesce {
            return self.coalesce(&arguments[0], &arguments[1], expr);
        }
        let zone = (function == Function::Date && matches!(arguments[0].ty, Type::Instant { .. })).then(|| {
            let zone = self.plan.legacy.zone.clone();
            self.zone(&zone)
        });
        let first = arguments[0].ty.clone();
        let arguments: Vec<&Expr> = arguments.iter().collect();
        self.strict(&arguments, |names| {
            let a = &names[0];
            match function {
                Function::Lower => quote!(Cow::Owned(operators::lower(&#a))),
                Function::Upper => quote!(Cow::Owned(operators::upper(&#a))),
                Function::LowerAscii => quote!(Cow::Owned(operators::lower_ascii(&#a))),
                Function::UpperAscii => quote!(Cow::Owned(operators::upper_ascii(&#a))),
                Function::Trim => quote!(Cow::Owned(operators::trim(&#a))),
                Function::Fold => quote!(Cow::Owned(operators::fold(&#a))),
                Function::Nfkc => quote!(Cow::Owned(operators::nfkc(&#a))),
                Function::Mid => {
                    let (start, length) = (&names[1], &names[2]);
                    quote!(Cow::Owned(operators::mid(&#a, #start, #length)))
                }
                Function::Before => {
                    let separator = &names[1];
                    quote!(Cow::Owned(operators::before(&#a, &#separator)))
                }
                Function::After => {
                    let separator = &names[1];
                    quote!(Cow::Owned(operators::after(&#a, &#separator)))
                }
                Function::Length => quote!(operators::length(&#a)),
                Function::Text => match first {
                    Type::Integer { .. } => quote!(Cow::Owned(#a.to_string())),
                    _ => quote!(#a),
                },
                Function::Date => match &zone {
                    Some(zone) => quote!(operators::utc_to_wall(*#zone, #a).date()),
                    None => quote!(#a.date()),
                },
                Function::Coalesce => quote!(#a),
            }
        })
    }

    /// Asks the program; its answer is owned, and none where it may refuse.
    fn given(&mut self, function: usize, arguments: &[Expr], reject: Option<usize>) -> TokenStream {
        let function = &self.plan.functions[function];
        let method = given::method_name(function);
        let rejected = reject.map(|reason| {
            let argument = format_ident!("argument_0");
            let value = if arguments.is_empty() { quote!(Value::Null) } else { quote!(#argument.to_value()) };
            self.reject(reason, value)
        });
        let arguments: Vec<&Expr> = arguments.iter().collect();
        self.strict(&arguments, |names| {
            let passed = names.iter().zip(&function.parameters).map(|(name, (_, ty))| match ty.is_text() {
                true => quote!(&#name),
                false => quote!(#name),
            });
            let asked = quote!(functions.#method(#(#passed),*));
            let answer = match &rejected {
                Some(rejected) => quote!(match #asked { Some(given) => given, None => #rejected }),
                None => asked,
            };
            if function.result.is_text() { quote!(Cow::<str>::Owned(#answer)) } else { answer }
        })
    }

    fn coalesce(&mut self, first: &Expr, second: &Expr, expr: &Expr) -> TokenStream {
        let (value, default) = (self.value(first), self.value(second));
        match (first.nullable, second.nullable) {
            (false, _) if expr.nullable => quote!(Some(#value)),
            (false, _) => value,
            (true, false) => quote!(match #value { Some(value) => value, None => #default }),
            (true, true) => quote!(match #value { Some(value) => Some(value), None => #default }),
        }
    }

    fn concat(&mut self, parts: &[Expr]) -> TokenStream {
        let parts: Vec<&Expr> = parts.iter().collect();
        self.strict(&parts, |names| quote!(Cow::Owned([#(&*#names as &str),*].concat())))
    }

    fn compare(&mut self, comparison: Comparison, left: &Expr, right: &Expr) -> TokenStream {
        let method = format_ident!(
            "{}",
            match comparison {
                Comparison::Equal => "is_eq",
                Comparison::NotEqual => "is_ne",
                Comparison::Less => "is_lt",
                Comparison::LessOrEqual => "is_le",
                Comparison::Greater => "is_gt",
                Comparison::GreaterOrEqual => "is_ge",
            }
        );
        let ty = left.ty.clone();
        self.strict(&[left, right], |arguments| {
            let order = order(&ty, quote!(#(&#arguments),*));
            quote!(#order.#method())
        })
    }

    /// Three-valued `and` (or `or`): `decides` is the value of the left side that makes the right one superfluous.
    fn logical(&mut self, left: &Expr, right: &Expr, decides: bool) -> TokenStream {
        let nullable = left.nullable || right.nullable;
        let wrap = |tokens: TokenStream, expr: &Expr| if expr.nullable { tokens } else { quote!(Some(#tokens)) };
        let (left_value, right_value) = (self.value(left), self.value(right));
        if !nullable {
            return if decides { quote!((#left_value || #right_value)) } else { quote!((#left_value && #right_value)) };
        }
        let (left_value, right_value) = (wrap(left_value, left), wrap(right_value, right));
        quote!(match #left_value {
            Some(#decides) => Some(#decides),
            left => match (left, #right_value) {
                (_, Some(#decides)) => Some(#decides),
                (Some(_), right) => right,
                (None, _) => None,
            },
        })
    }

    /// Returns a condition on `value`, the value of `subject`.
    fn fits(&mut self, patterns: &[Pattern], subject: &Expr) -> TokenStream {
        let others = patterns.iter().filter(|pattern| !matches!(pattern, Pattern::Null));
        let mut tests: Vec<TokenStream> = others.map(|pattern| self.test(pattern, &subject.ty)).collect();
        if tests.is_empty() {
            tests.push(quote!(false));
        }
        let takes_null = patterns.iter().any(|pattern| matches!(pattern, Pattern::Any | Pattern::Null));
        match subject.nullable {
            false => quote!((#(#tests)||*)),
            true => quote!(match &value { Some(value) => (#(#tests)||*), None => #takes_null }),
        }
    }

    fn test(&mut self, pattern: &Pattern, ty: &Type) -> TokenStream {
        let compare = |literal: &Literal| {
            let literal = self::literal(literal);
            match ty {
                Type::Integer { .. } => quote!(i128::cmp(&value, &#literal)),
                _ => order(ty, quote!(&value, &#literal)),
            }
        };
        match pattern {
            Pattern::Any => quote!(true),
            Pattern::Null => quote!(false),
            Pattern::Literal(Literal::Text(text)) => quote!(&*value == #text),
            Pattern::Literal(literal) => {
                let order = compare(literal);
                quote!(#order.is_eq())
            }
            Pattern::Range(from, to) => {
                let (from, to) = (compare(from), compare(to));
                quote!((#from.is_ge() && #to.is_le()))
            }
            Pattern::Regex(text) => {
                let name = self.pattern(text);
                quote!(#name.is_match(&value))
            }
            Pattern::Not(inner) => {
                let inner = self.test(inner, ty);
                quote!(!(#inner))
            }
        }
    }

    fn pattern(&mut self, text: &str) -> Ident {
        let index = self.patterns.iter().position(|known| known == text).unwrap_or_else(|| {
            self.patterns.push(text.to_string());
            self.patterns.len() - 1
        });
        format_ident!("PATTERN_{}", index + 1)
    }

    fn zone(&mut self, zone: &str) -> Ident {
        if !self.zones.iter().any(|known| known == zone) {
            self.zones.push(zone.to_string());
        }
        zone_name(zone)
    }

    fn match_arms(&mut self, subject: &Expr, arms: &[cutover_mapping_dsl::plan::Arm], expr: &Expr) -> TokenStream {
        let value = self.value(subject);
        let mut chain = TokenStream::new();
        let all = arms.len();
        for (index, arm) in arms.iter().enumerate() {
            let result = match &arm.result {
                ArmResult::Reject(reason) => self.reject(*reason, quote!(value.to_value())),
                ArmResult::Value(result) => {
                    let value = self.value(result);
                    match expr.nullable && !result.nullable {
                        true => quote!(Some(#value)),
                        false => value,
                    }
                }
            };
            // The checker has made sure that the arms take everything: the last one needs no test.
            let fits = self.fits(&arm.patterns, subject);
            chain.extend(match (index, index + 1 == all) {
                (0, true) => quote!({ #result }),
                (0, false) => quote!(if #fits { #result }),
                (_, true) => quote!(else { #result }),
                (_, false) => quote!(else if #fits { #result }),
            });
        }
        quote!({ let value = #value; #chain })
    }

    fn through(&mut self, map: usize, argument: &Expr, reject: usize, expr: &Expr) -> TokenStream {
        let map = &self.plan.value_maps[map];
        let name = function_name(map);
        let value = self.value(argument);
        let is_text = matches!(map.from, Type::Text { .. } | Type::Enum(_));
        let argument_value = match (argument.nullable, is_text) {
            (true, true) => quote!(value.as_deref()),
            (true, false) => quote!(value),
            (false, true) => quote!(Some(&*value)),
            (false, false) => quote!(Some(value)),
        };
        let rejected = self.reject(reject, quote!(value.to_value()));
        let has_null = argument.nullable || map.arms.iter().any(|arm| arm.to == Outcome::Value(Literal::Null));
        let arms = match expr.nullable {
            true => {
                quote!(read::Mapped::Value(value) => Some(value), read::Mapped::Null => None, read::Mapped::Rejected => #rejected,)
            }
            false => {
                debug_assert!(!has_null || !expr.nullable);
                quote!(read::Mapped::Value(value) => value, read::Mapped::Null | read::Mapped::Rejected => #rejected,)
            }
        };
        quote!({ let value = #value; match super::#name(#argument_value) { #arms } })
    }

    fn restrict(&mut self, argument: &Expr, patterns: &[Pattern], reject: usize) -> TokenStream {
        let value = self.value(argument);
        let fits = self.fits(patterns, argument);
        let rejected = self.reject(reject, quote!(value.to_value()));
        let passes = if argument.nullable { quote!(value.is_none() || #fits) } else { fits };
        quote!({ let value = #value; if #passes { value } else { #rejected } })
    }

    fn convert(&mut self, conversion: &Conversion, part: &Expr) -> TokenStream {
        if let Conversion::NotNull { reject } = conversion {
            let value = self.value(part);
            let rejected = self.reject(*reject, quote!(cutover_runtime::value::Value::Null));
            return match part.nullable {
                true => quote!(match #value { Some(value) => value, None => #rejected }),
                false => value,
            };
        }
        if let Conversion::Unset { values } = conversion {
            return self.unset(values, part);
        }
        let rejected = |writer: &Self, reason: &usize| writer.reject(*reason, quote!(value.to_value()));
        let body = match conversion {
            Conversion::NotNull { .. } | Conversion::Unset { .. } => quote!(value),
            Conversion::Length { max, reject } => {
                let (max, rejected) = (Token::i128_unsuffixed(i128::from(*max)), rejected(self, reject));
                quote!(if operators::length(&value) <= #max { value } else { #rejected })
            }
            Conversion::Range { min, max, reject } => {
                let (min, max) = (Token::i128_unsuffixed(*min), Token::i128_unsuffixed(*max));
                let rejected = rejected(self, reject);
                quote!(if (#min..=#max).contains(&value) { value } else { #rejected })
            }
            Conversion::WallToInstant { zone } => {
                let zone = self.zone(zone);
                quote!(operators::wall_to_utc(*#zone, value))
            }
            Conversion::InstantToWall { zone } => {
                let zone = self.zone(zone);
                quote!(operators::utc_to_wall(*#zone, value))
            }
            Conversion::DateToWall => quote!(operators::midnight(value)),
            Conversion::CutFraction { digits } => quote!(operators::cut_fraction(value, #digits)),
            Conversion::IntegerToBoolean { reject } => {
                let rejected = rejected(self, reject);
                quote!(match value { 0 => false, 1 => true, _ => #rejected })
            }
            Conversion::BooleanToInteger => quote!(i128::from(value)),
            Conversion::IntegerToDecimal => quote!(Cow::Owned(value.to_string())),
            Conversion::Digits { precision, scale, reject } => {
                let rejected = self.reject(*reject, quote!(cutover_runtime::value::Value::Decimal(value.into_owned())));
                quote!(if operators::decimal_fits(&value, #precision, #scale) { value } else { #rejected })
            }
            Conversion::TextToUuid { reject } => {
                let rejected = rejected(self, reject);
                quote!(match operators::parse_uuid(&value) { Some(uuid) => uuid, None => #rejected })
            }
            Conversion::UuidToText => quote!(Cow::Owned(value.to_string())),
        };
        let value = self.value(part);
        match part.nullable {
            true => quote!(match #value { Some(value) => Some(#body), None => None }),
            false => quote!({ let value = #value; #body }),
        }
    }

    /// Values that mean null become null.
    fn unset(&mut self, values: &[Literal], part: &Expr) -> TokenStream {
        let tests = values.iter().map(|value| self.test(&Pattern::Literal(value.clone()), &part.ty));
        let tests: Vec<TokenStream> = tests.collect();
        let value = self.value(part);
        match part.nullable {
            true => quote!(match #value { Some(value) if !(#(#tests)||*) => Some(value), _ => None }),
            false => quote!({ let value = #value; if #(#tests)||* { None } else { Some(value) } }),
        }
    }

    fn link(&mut self, link: usize, missing: usize, ambiguous: usize, expr: &Expr) -> TokenStream {
        let first = self.step.links[link].key[0].clone();
        let key = self.value(&first);
        let (missing, ambiguous) =
            (self.reject(missing, quote!(#key.to_value())), self.reject(ambiguous, quote!(#key.to_value())));
        let reader = ident(super::fields::legacy_type(&without_zero(&expr.ty)).1);
        let found = match is_borrowed(&expr.ty) {
            true => quote!(Ok(Some(value)) => Cow::Borrowed(value)),
            false => quote!(Ok(Some(value)) => value),
        };
        let index = Token::usize_unsuffixed(link);
        let read = quote!(match read::#reader(value) { #found, Ok(None) | Err(_) => #missing });
        match expr.nullable {
            true => quote!(match &links[#index] {
                Link::Found(value) => Some(#read),
                Link::Null => None,
                Link::Missing => #missing,
                Link::Ambiguous => #ambiguous,
            }),
            false => quote!(match &links[#index] {
                Link::Found(value) => #read,
                Link::Null | Link::Missing => #missing,
                Link::Ambiguous => #ambiguous,
            }),
        }
    }
}

fn without_zero(ty: &Type) -> Type {
    match ty {
        Type::Date { .. } => Type::Date { zero: false },
        Type::DateTime { digits, .. } => Type::DateTime { digits: *digits, zero: false },
        Type::Instant { digits, .. } => Type::Instant { digits: *digits, zero: false },
        other => other.clone(),
    }
}

/// Returns the order of two values of a type; `arguments` are two references.
fn order(ty: &Type, arguments: TokenStream) -> TokenStream {
    match ty {
        Type::Decimal { .. } => quote!(operators::compare_decimals(#arguments)),
        Type::Float => quote!(f64::total_cmp(#arguments)),
        Type::Text { .. } | Type::Enum(_) | Type::Json | Type::Other(_) => quote!(<str as Ord>::cmp(#arguments)),
        Type::Boolean => quote!(bool::cmp(#arguments)),
        Type::Integer { .. } => quote!(i128::cmp(#arguments)),
        Type::Bytes { .. } => quote!(<[u8] as Ord>::cmp(#arguments)),
        Type::Date { .. } | Type::DateTime { .. } | Type::Instant { .. } | Type::Time { .. } | Type::Uuid => {
            let ty: TokenStream = value_type(ty).parse().expect("a type is Rust");
            quote!(<#ty as Ord>::cmp(#arguments))
        }
    }
}

pub(super) fn zone_name(zone: &str) -> Ident {
    let name: String =
        zone.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' }).collect();
    format_ident!("ZONE_{name}")
}
