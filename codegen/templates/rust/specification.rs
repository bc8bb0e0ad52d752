    fn specification() -> step::StepSpec {
        step::StepSpec {
            name: {{ name|fmt("{:?}") }}.into(),
            map_table: {{ map_table|fmt("{:?}") }}.into(),
            meaning: {{ meaning|fmt("{:?}") }}.into(),
            read: step::ReadSpec {
                table: {{ read.table|fmt("{:?}") }}.into(),
                alias: {{ read.alias|fmt("{:?}") }}.into(),
                joins: vec![
{%- for join in read.joins %}
                    step::JoinSpec {
                        table: {{ join.table|fmt("{:?}") }}.into(),
                        alias: {{ join.alias|fmt("{:?}") }}.into(),
                        on: vec![
{%- for on in join.on %}
                            step::Condition { alias: {{ on.alias|fmt("{:?}") }}.into(), column: {{ on.column|fmt("{:?}") }}.into(), kind: Kind::{{ on.kind }}, fold: {{ on.fold }}, test: {{ on.test }} },
{%- endfor %}
                        ],
                        probed: {{ join.probed }},
                    },
{%- endfor %}
                ],
                exists: vec![
{%- for exists in read.exists %}
                    step::ExistsSpec {
                        tables: vec![
{%- for table in exists.tables %}
                            step::TableSpec { table: {{ table.table|fmt("{:?}") }}.into(), alias: {{ table.alias|fmt("{:?}") }}.into() },
{%- endfor %}
                        ],
                        on: vec![
{%- for on in exists.on %}
                            step::Condition { alias: {{ on.alias|fmt("{:?}") }}.into(), column: {{ on.column|fmt("{:?}") }}.into(), kind: Kind::{{ on.kind }}, fold: {{ on.fold }}, test: {{ on.test }} },
{%- endfor %}
                        ],
                        probed: {{ exists.probed }},
                    },
{%- endfor %}
                ],
                required: vec![{{ read.required }}],
                columns: vec![
{%- for column in read.columns %}
                    step::ReadColumn { source: step::ReadSource::Column({{ column.alias|fmt("{:?}") }}.into(), {{ column.column|fmt("{:?}") }}.into()), kind: Kind::{{ column.kind }} },
{%- endfor %}
{%- for _ in read.joins %}
                    step::ReadColumn { source: step::ReadSource::Present({{ loop.index0 }}), kind: Kind::Boolean },
{%- endfor %}
{%- for _ in read.exists %}
                    step::ReadColumn { source: step::ReadSource::Exists({{ loop.index0 }}), kind: Kind::Boolean },
{%- endfor %}
{%- for join in read.several %}
                    step::ReadColumn { source: step::ReadSource::Several({{ join }}), kind: Kind::Boolean },
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
                    role: {{ target.role|fmt("{:?}") }}.into(),
                    table: {{ target.table|fmt("{:?}") }}.into(),
                    key: step::KeySpec { column: {{ target.key|fmt("{:?}") }}.into(), kind: Kind::{{ target.key_kind }}, assigned: step::KeyAssigned::{{ target.assigned }} },
                    columns: vec![
{%- for column in target.columns %}
                        step::TargetColumn { name: {{ column.name|fmt("{:?}") }}.into(), kind: Kind::{{ column.kind }}, source: step::Source::{{ column.source }}, line: {{ column.line }} },
{%- endfor %}
                    ],
                    identity: {{ target.identity }},
                    conditional: {{ target.conditional }},
                    existing: {{ target.existing }},
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
                step::Reason { name: {{ reason.name|fmt("{:?}") }}.into(), column: {{ reason.column|fmt("{:?}") }}.into(), message: {{ reason.message|fmt("{:?}") }}.into(), line: {{ reason.line }} },
{%- endfor %}
            ],
            rollback: step::Rollback::{{ rollback }},
        }
    }
