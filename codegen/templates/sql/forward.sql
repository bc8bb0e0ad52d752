{% include "sql/head.sql" -%}
{% for step in steps -%}
{% include "sql/section.sql" -%}
{% if step.section.blocked.is_empty() -%}
{% if step.waits -%}
-- A row waits for the row of this map that it refers to. Run this file again until it carries nothing more.
{% endif -%}
{{ step.begin }};
{% if let Some(lock) = step.lock -%}
{{ lock }};
{% endif %}
-- Rows that can be carried, and their new keys. What a condition leaves out stays pending.
{% let batch = step.batch -%}
{% include "sql/fill.sql" %}
;
{% for insert in step.inserts %}
{% include "sql/insert.sql" %};
{% endfor %}
INSERT INTO {{ step.entries.table }} ({{ step.entries.legacy }}, state, {{ step.entries.keys }})
SELECT {{ step.entries.legacy }}, 'migrated', {{ step.entries.keys }}
FROM {{ step.entries.batch }};
{% for counter in step.counters %}
{{ counter }};
{%- endfor %}
{{ step.drop_batch }};
COMMIT;
{% endif -%}
{% endfor -%}
