{% include "sql/head.sql" -%}
{% for step in steps -%}
{% include "sql/section.sql" -%}
{% if step.section.blocked.is_empty() -%}
{{ step.begin }};
{% if let Some(lock) = step.lock -%}
{{ lock }};
{% endif %}
-- Rows that can be carried, and their new keys. What a condition leaves out stays pending.
{{ step.batch.create }}
SELECT
{%- for column in step.batch.columns %}
  {{ column }}{% if !loop.last %},{% endif %}
{%- endfor %}
FROM {{ step.batch.base }}
{%- for join in step.batch.joins %}
{{ join }}
{%- endfor %}
{%- for line in step.batch.conditions %}
{% if loop.first %}WHERE{% else %}  AND{% endif %} {{ line.sql }}{% if let Some(remark) = line.remark %} -- {{ remark }}{% endif %}
{%- endfor %}
;
{% for insert in step.inserts %}
INSERT INTO {{ insert.table }} ({{ insert.columns }})
SELECT
{%- for value in insert.values %}
  {{ value.sql }}{% if !loop.last %},{% endif %}{% if let Some(remark) = value.remark %} -- {{ remark }}{% endif %}
{%- endfor %}
FROM {{ insert.batch }}
JOIN {{ insert.base }} ON {{ insert.on }}
{%- for join in insert.joins %}
{{ join }}
{%- endfor %}
{%- if let Some(only) = insert.only %}
WHERE {{ only }}
{%- endif %};
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
