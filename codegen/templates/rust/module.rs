{% for line in docs -%}
///{% if !line.is_empty() %} {{ line }}{% endif %}
{% endfor -%}
{% if !docs.is_empty() -%}
///
{% endif -%}
/// `map {{ map }}`, {{ file }}:{{ line }}.
#[allow(dead_code, unused_variables, unused_imports, unused_parens, clippy::all)]
pub mod {{ name }} {
    use cutover_runtime::read::{self, ToValue};
    use cutover_runtime::step::{self, Generator, Link, Rejection, TargetRows};
    use cutover_runtime::value::{Key, Kind, Row, Value};
    use cutover_runtime::{chrono, chrono_tz, operators, regex, uuid};
    use std::borrow::Cow;
    use std::sync::LazyLock;
{%- if !patterns.is_empty() || !zones.is_empty() %}
{% endif %}
{%- for pattern in patterns %}
    static PATTERN_{{ loop.index }}: LazyLock<regex::Regex> = LazyLock::new(|| operators::pattern({{ pattern|fmt("{:?}") }}));
{%- endfor %}
{%- for (name, zone) in zones %}
    static {{ name }}: LazyLock<chrono_tz::Tz> = LazyLock::new(|| operators::zone({{ zone|fmt("{:?}") }}));
{%- endfor %}

    /// A row of {{ source }}.{{ legacy.table }} with all that the map reads.
    #[derive(Debug, Clone, Copy)]
    pub struct Legacy<'a> {
{%- for field in legacy.fields %}
        /// `{{ field.alias }}.{{ field.column }}`
        pub {{ field.name }}: {% if field.nullable %}Option<{{ field.ty }}>{% else %}{{ field.ty }}{% endif %},
{%- endfor %}
{%- for answer in legacy.answers %}
        /// Whether a row of {{ answer.tables }} exists, {{ file }}:{{ answer.line }}.
        pub {{ answer.name }}: bool,
{%- endfor %}
        #[doc(hidden)]
        pub row: std::marker::PhantomData<&'a Row>,
    }

    impl<'a> Legacy<'a> {
        /// Reads a row as it comes from the engine; rejects what is no value of its type.
        pub fn read(row: &'a Row) -> Result<Legacy<'a>, Rejection> {
{%- for partner in legacy.partners %}
            read::partner(&row[{{ partner.place }}], Reject::{{ partner.reason }} as usize)?;
{%- endfor %}
{%- for partner in legacy.several %}
            read::only_one(&row[{{ partner.place }}], Reject::{{ partner.reason }} as usize)?;
{%- endfor %}
            Ok(Legacy {
{%- for field in legacy.fields %}
                {% include "rust/field.rs" %},
{%- endfor %}
{%- for answer in legacy.answers %}
                {{ answer.name }}: matches!(row[{{ answer.place }}], Value::Boolean(true)),
{%- endfor %}
                row: std::marker::PhantomData,
            })
        }
    }
{% for row in rows %}
    /// A row of {{ target }}.{{ row.table }}; keys of other rows of the same legacy row are filled in by the engine.
    #[derive(Debug, Clone)]
    pub struct {{ row.ty }}<'a> {
{%- for rule in row.rules %}{% if rule.value.is_some() %}
        /// {{ file }}:{{ rule.line }}: `{{ rule.text }}`
        pub {{ rule.name }}: {% if rule.nullable %}Option<{{ rule.ty }}>{% else %}{{ rule.ty }}{% endif %},
{%- endif %}{% endfor %}
        #[doc(hidden)]
        pub row: std::marker::PhantomData<&'a Row>,
    }

    impl {{ row.ty }}<'_> {
        fn into_row(self) -> Row {
            Vec::from([
{%- for rule in row.rules %}
{%- if rule.value.is_none() %}
                Value::Null,
{%- else if rule.nullable %}
                self.{{ rule.name }}.map_or(Value::Null, |value| Value::{{ rule.kind }}(value{% if rule.borrowed %}.into_owned(){% endif %})),
{%- else %}
                Value::{{ rule.kind }}(self.{{ rule.name }}{% if rule.borrowed %}.into_owned(){% endif %}),
{%- endif %}{% endfor %}
            ])
        }
    }
{% endfor %}
    /// What one legacy row becomes.
    #[derive(Debug, Clone)]
    pub struct Targets<'a> {
{%- for row in rows %}
        #[allow(missing_docs)]
        pub {{ row.role }}: {% if row.when.is_some() %}Option<{{ row.ty }}<'a>>{% else %}{{ row.ty }}<'a>{% endif %},
{%- endfor %}
    }

    impl Targets<'_> {
        /// Returns the rows as the engine writes them.
        pub fn into_rows(self) -> TargetRows {
            Vec::from([{% for row in rows %}{% if row.when.is_some() %}self.{{ row.role }}.map(|row| row.into_row()){% else %}Some(self.{{ row.role }}.into_row()){% endif %}{% if !loop.last %}, {% endif %}{% endfor %}])
        }
    }

    /// Why a row is rejected.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub enum Reject {
{%- for reason in reasons %}
        /// {% if !reason.column.is_empty() %}`{{ reason.column }}`: {% endif %}{{ reason.message }}, {{ file }}:{{ reason.line }}
        {{ reason.name }},
{%- endfor %}
{%- if reasons.is_empty() %}
        /// Never: the conversion rejects nothing.
        Never,
{%- endif %}
    }

    impl Reject {
        fn with(self, value: Value) -> Rejection {
            Rejection { reason: self as usize, value }
        }
    }

    fn in_scope({% if asks %}functions: &dyn super::Functions, {% endif %}row: &Row) -> Result<bool, Rejection> {
{%- if let Some(scope) = scope %}
{%- for partner in scope.several %}
        read::only_one(&row[{{ partner.place }}], Reject::{{ partner.reason }} as usize)?;
{%- endfor %}
{%- for place in scope.partners %}
        if row[{{ place }}] != Value::Boolean(true) {
            return Ok(false);
        }
{%- endfor %}
        struct Scope<'a> {
{%- for field in scope.fields %}
            {{ field.name }}: {% if field.nullable %}Option<{{ field.ty }}>{% else %}{{ field.ty }}{% endif %},
{%- endfor %}
{%- for answer in scope.answers %}
            {{ answer.name }}: bool,
{%- endfor %}
            row: std::marker::PhantomData<&'a Row>,
        }
        let legacy = Scope {
{%- for field in scope.fields %}
            {% include "rust/field.rs" %},
{%- endfor %}
{%- for answer in scope.answers %}
            {{ answer.name }}: matches!(row[{{ answer.place }}], Value::Boolean(true)),
{%- endfor %}
            row: std::marker::PhantomData,
        };
        Ok({{ scope.value }})
{%- else %}
        Ok(true)
{%- endif %}
    }

    fn link_keys({% if asks %}functions: &dyn super::Functions, {% endif %}legacy: &Legacy<'_>) -> Result<Vec<Option<Key>>, Rejection> {
{%- if links.is_empty() %}
        Ok(Vec::new())
{%- else %}
        Ok(Vec::from([
{%- for link in links %}
            {{ link }},
{%- endfor %}
        ]))
{%- endif %}
    }

    /// Converts a row, {{ file }}:{{ line }}. `links` answers the keys that the step asked for, in their order.
    pub fn convert<'a>(
{%- if asks %}
        functions: &dyn super::Functions,
{%- endif %}
        legacy: &Legacy<'a>,
        links: &'a [Link],
        generator: &mut dyn Generator,
    ) -> Result<Targets<'a>, Rejection> {
{%- for guard in guards %}
        {{ guard }}
{%- endfor %}
{%- if let Some(no_target) = no_target %}
        {{ no_target }}
{%- endif %}
        Ok(Targets {
{%- for row in rows %}
            {{ row.role }}: {% if let Some(when) = row.when %}if {{ when }} { Some({% endif %}{{ row.ty }} {
{%- for rule in row.rules %}{% if let Some(value) = rule.value %}
                {{ rule.name }}: {{ value }},
{%- endif %}{% endfor %}
                row: std::marker::PhantomData,
            }{% if row.when.is_some() %}) } else { None }{% endif %},
{%- endfor %}
        })
    }

    /// The step: forward by [`convert`], rollback by the migration table, as its specification says.
    #[derive(Debug)]
    pub struct Step {
        spec: step::StepSpec,
{%- if asks %}
        functions: std::sync::Arc<dyn super::Functions>,
{%- endif %}
    }

    impl Step {
        /// Returns the step.
{%- if asks %}
        pub fn new(functions: std::sync::Arc<dyn super::Functions>) -> Step {
            Step { spec: specification(), functions }
        }
{%- else %}
        pub fn new() -> Step {
            Step { spec: specification() }
        }
{%- endif %}
    }
{% if !asks %}
    impl Default for Step {
        fn default() -> Step {
            Step::new()
        }
    }
{% endif %}
    impl step::Step for Step {
        fn spec(&self) -> &step::StepSpec {
            &self.spec
        }

        fn in_scope(&self, row: &Row) -> Result<bool, Rejection> {
            in_scope({% if asks %}&*self.functions, {% endif %}row)
        }

        fn link_keys(&self, row: &Row) -> Result<Vec<Option<Key>>, Rejection> {
            link_keys({% if asks %}&*self.functions, {% endif %}&Legacy::read(row)?)
        }

        fn convert(
            &self,
            row: &Row,
            links: &[Link],
            generator: &mut dyn Generator,
        ) -> Result<TargetRows, Rejection> {
            Ok(convert({% if asks %}&*self.functions, {% endif %}&Legacy::read(row)?, links, generator)?.into_rows())
        }
    }

{{ specification }}
}
