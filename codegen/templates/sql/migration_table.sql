{% include "sql/head.sql" -%}
{% for step in steps -%}
{% include "sql/section.sql" -%}
{% if step.section.blocked.is_empty() -%}
{{ step.create }} (
{%- for column in step.key %}
  {{ column.name }} {{ column.ty }} NOT NULL,
{%- endfor %}
  {{ step.state.name }} {{ step.state.ty }} NOT NULL CHECK ({{ step.state.name }} IN ('migrated', 'found', 'rejected')),
{%- for target in step.targets %}
  {{ target.key.name }} {{ target.key.ty }}, -- key in {{ target.table }}
  {{ target.written.name }} {{ target.written.ty }}, -- fingerprint of the row as it was written
{%- endfor %}
  {{ step.run.name }} {{ step.run.ty }},
{%- for target in step.targets %}{% if let Some(unique) = target.unique %}
  {{ unique }},{% endif %}
{%- endfor %}
  PRIMARY KEY ({{ step.key_columns }})
);
{% for target in step.targets %}{% if let Some(index) = target.index -%}
{{ index }};
{% endif %}{% endfor -%}
{{ step.section.end }}{% endif -%}
{% endfor -%}
