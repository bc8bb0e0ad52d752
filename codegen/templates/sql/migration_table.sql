{% include "sql/head.sql" -%}
{% for step in steps -%}
{% include "sql/section.sql" -%}
{% if step.section.blocked.is_empty() -%}
CREATE TABLE IF NOT EXISTS {{ step.table }} (
{%- for column in step.key %}
  {{ column.name }} {{ column.ty }} NOT NULL,
{%- endfor %}
  {{ step.state.name }} {{ step.state.ty }} NOT NULL CHECK ({{ step.state.name }} IN ('migrated', 'found', 'rejected')),
{%- for target in step.targets %}
  {{ target.key.name }} {{ target.key.ty }}, -- key in {{ target.table }}
  {{ target.written.name }} {{ target.written.ty }}, -- fingerprint of the row as it was written
{%- endfor %}
  {{ step.run.name }} {{ step.run.ty }},
{%- for target in step.targets %}
  CONSTRAINT {{ target.constraint }} UNIQUE ({{ target.key.name }}),
{%- endfor %}
  PRIMARY KEY ({{ step.key_columns }})
);
{% endif -%}
{% endfor -%}
