//! Conversions that the checker put in.

use super::{Fragment, Translator};
use cutover_mapping_dsl::plan::{Conversion, Expr, Literal, Pattern};
use cutover_mapping_dsl::types::Type;

impl Translator<'_> {
    pub(super) fn convert(&mut self, conversion: &Conversion, inner: &Expr) -> Fragment {
        let fragment = self.translate(inner);
        if let Conversion::Unset { values } = conversion {
            let value = self.unset(inner, &fragment.value, values);
            return fragment.map(|_| value);
        }
        let value = fragment.value.clone();
        let refused = self.refused(conversion, &value).filter(|_| conversion.reason().is_none_or(|at| self.asks(at)));
        if let Some(rejected) = refused {
            let rejected = match (inner.nullable, conversion) {
                (true, conversion) if !matches!(conversion, Conversion::NotNull { .. }) => {
                    format!("({value} IS NOT NULL AND {rejected})")
                }
                _ => rejected,
            };
            let rejected = self.not_before(inner, rejected);
            return fragment.map(|value| self.converted(conversion, value)).rejecting(rejected);
        }
        let converted = self.converted(conversion, &value);
        fragment.map(|_| converted)
    }

    /// Values that mean null become null. The engine's own function compares texts by their collation.
    fn unset(&mut self, inner: &Expr, value: &str, values: &[Literal]) -> String {
        if inner.ty.is_text() || matches!(inner.ty, Type::Decimal { .. }) {
            let patterns: Vec<Pattern> = values.iter().cloned().map(Pattern::Literal).collect();
            let fits = self.any_fits(inner, value, &patterns);
            return format!("CASE WHEN {fits} THEN NULL ELSE {value} END");
        }
        let literals: Vec<String> = values.iter().map(|unset| self.literal(unset, &inner.ty)).collect();
        literals.iter().fold(value.to_string(), |value, literal| format!("NULLIF({value}, {literal})"))
    }

    /// Returns when a value that is not null is refused; none if never.
    fn refused(&mut self, conversion: &Conversion, value: &str) -> Option<String> {
        match conversion {
            Conversion::NotNull { .. } => Some(format!("{value} IS NULL")),
            Conversion::Length { max, .. } => Some(format!("{} > {max}", self.dialect.length(value))),
            Conversion::Range { min, max, .. } => self.outside(value, *min, *max),
            Conversion::IntegerToBoolean { .. } => Some(format!("{value} NOT IN (0, 1)")),
            Conversion::Digits { precision, scale, .. } => {
                let refused = self.dialect.too_many_digits(value, *precision, *scale);
                Some(refused.unwrap_or_else(|| self.cannot("the digits of decimals")))
            }
            Conversion::TextToUuid { .. } => Some(format!("NOT {}", self.dialect.is_uuid(value))),
            Conversion::WallToInstant { .. } | Conversion::InstantToWall { .. } | Conversion::DateToWall => None,
            Conversion::CutFraction { .. } | Conversion::BooleanToInteger | Conversion::Unset { .. } => None,
            Conversion::IntegerToDecimal | Conversion::UuidToText => None,
        }
    }

    /// A bound that the engine's numbers cannot reach needs no question.
    fn outside(&self, value: &str, min: i128, max: i128) -> Option<String> {
        let bound = |number: i128| if number < 0 { format!("({number})") } else { number.to_string() };
        match (self.dialect.holds(min), self.dialect.holds(max)) {
            (true, true) => Some(format!("{value} NOT BETWEEN {} AND {}", bound(min), bound(max))),
            (true, false) => Some(format!("{value} < {}", bound(min))),
            (false, true) => Some(format!("{value} > {}", bound(max))),
            (false, false) => None,
        }
    }

    fn converted(&mut self, conversion: &Conversion, value: &str) -> String {
        match conversion {
            Conversion::NotNull { .. } | Conversion::Length { .. } | Conversion::Range { .. } => value.to_string(),
            Conversion::Digits { .. } | Conversion::Unset { .. } => value.to_string(),
            Conversion::WallToInstant { zone } => self.wall_to_instant(value, zone),
            Conversion::InstantToWall { zone } => self.instant_to_wall(value, zone),
            Conversion::DateToWall => self.dialect.midnight(value),
            Conversion::CutFraction { digits } => self.dialect.cut_fraction(value, *digits),
            Conversion::IntegerToBoolean { .. } => self.dialect.integer_to_boolean(value),
            Conversion::BooleanToInteger => self.dialect.boolean_to_integer(value),
            Conversion::IntegerToDecimal => self.dialect.integer_to_decimal(value),
            // The condition is asked again because engines may compute a value before they drop its row.
            Conversion::TextToUuid { .. } => {
                let uuid = self.dialect.text_to_uuid(value);
                format!("CASE WHEN {} THEN {uuid} END", self.dialect.is_uuid(value))
            }
            Conversion::UuidToText => self.dialect.uuid_to_text(value),
        }
    }

    fn wall_to_instant(&mut self, value: &str, zone: &str) -> String {
        if is_utc(zone) {
            return self.dialect.utc_to_instant(value);
        }
        let converted = self.dialect.wall_to_instant(value, zone);
        converted.unwrap_or_else(|| self.cannot(format!("time zone {zone}")))
    }

    pub(super) fn instant_to_wall(&mut self, value: &str, zone: &str) -> String {
        if is_utc(zone) {
            return self.dialect.instant_to_utc(value);
        }
        let converted = self.dialect.instant_to_wall(value, zone);
        converted.unwrap_or_else(|| self.cannot(format!("time zone {zone}")))
    }
}

fn is_utc(zone: &str) -> bool {
    matches!(zone, "UTC" | "Etc/UTC" | "Z")
}
