    fn specification() -> step::StepSpec {
        step::StepSpec {
            name: {{ name }}.into(),
            map_table: {{ map_table }}.into(),
            meaning: {{ meaning }}.into(),
            read: step::ReadSpec {
                table: {{ read.table }}.into(),
                alias: {{ read.alias }}.into(),
                joins: vec![
{%- for join in read.joins %}
                    step::JoinSpec {
                        table: {{ join.table }}.into(),
                        alias: {{ join.alias }}.into(),
                        on: vec![
{%- for on in join.on %}
                            step::Condition { column: {{ on.column }}.into(), equals: {{ on.equals }}, kind: Kind::{{ on.kind }} },
{%- endfor %}
                        ],
                    },
{%- endfor %}
                ],
                exists: vec![
{%- for exists in read.exists %}
                    step::ExistsSpec {
                        table: {{ exists.table }}.into(),
                        alias: {{ exists.alias }}.into(),
                        on: vec![
{%- for on in exists.on %}
                            step::Condition { column: {{ on.column }}.into(), equals: {{ on.equals }}, kind: Kind::{{ on.kind }} },
{%- endfor %}
                        ],
                    },
{%- endfor %}
                ],
                required: vec![{{ read.required }}],
                columns: vec![
{%- for column in read.columns %}
                    step::ReadColumn { source: step::ReadSource::{{ column.source }}, kind: Kind::{{ column.kind }} },
{%- endfor %}
                ],
                key: vec![{{ read.key }}],
            },
            links: vec![
{%- for link in links %}
                {{ link }},
{%- endfor %}
            ],
            targets: vec![
{%- for target in targets %}
                step::TargetSpec {
                    role: {{ target.role }}.into(),
                    table: {{ target.table }}.into(),
                    key: step::KeySpec { column: {{ target.key }}.into(), kind: Kind::{{ target.key_kind }}, assigned: step::KeyAssigned::{{ target.assigned }} },
                    columns: vec![
{%- for column in target.columns %}
                        step::TargetColumn { name: {{ column.name }}.into(), kind: Kind::{{ column.kind }}, source: step::Source::{{ column.source }}, line: {{ column.line }} },
{%- endfor %}
                    ],
                    identity: {{ target.identity }},
                },
{%- endfor %}
            ],
            unique: vec![
{%- for unique in unique %}
                step::UniqueSpec { target: {{ unique.target }}, columns: vec![{{ unique.columns }}], reason: {{ unique.reason }} },
{%- endfor %}
            ],
            reasons: vec![
{%- for reason in reasons %}
                step::Reason { name: {{ reason.name }}.into(), column: {{ reason.column }}.into(), message: {{ reason.message }}.into(), line: {{ reason.line }} },
{%- endfor %}
            ],
            rollback: step::Rollback::{{ rollback }},
        }
    }
