{% include "sql/head.sql" -%}
{% for step in steps -%}
{% include "sql/section.sql" %}
-- Legacy rows in scope without an entry.
{% for line in step.missing_blocked -%}
-- {{ line }}
{% endfor -%}
{% if step.missing_blocked.is_empty() -%}
SELECT {{ step.key }}
FROM {{ step.base }}
{%- for join in step.joins %}
{{ join }}
{%- endfor %}
{%- for line in step.missing %}
{% if loop.first %}WHERE{% else %}  AND{% endif %} {{ line.sql }}{% if let Some(remark) = line.remark %} -- {{ remark }}{% endif %}
{%- endfor %}
;
{% endif %}
-- Entries whose legacy row is gone.
SELECT {{ step.entry_key }}
FROM {{ step.map_table }}
WHERE NOT EXISTS (SELECT 1 FROM {{ step.base }} WHERE {{ step.same_key }});
{% for target in step.targets %}
-- Entries whose row in {{ target.name }} ({{ target.role }}) is gone.
SELECT {{ step.entry_key }}, {{ target.entry }}
FROM {{ step.map_table }}
WHERE {{ target.entry }} IS NOT NULL
  AND NOT EXISTS (SELECT 1 FROM {{ target.table }} WHERE {{ target.key }} = {{ target.entry }});
{% if let Some(conditional) = target.conditional %}
-- Rows that {{ target.name }} ({{ target.role }}) lacks though the condition holds, and those it has though it does not.
{%- for line in conditional.blocked %}
-- {{ line }}
{%- endfor %}
{% if conditional.blocked.is_empty() -%}
SELECT {{ step.entry_key }}, {{ target.entry }}
FROM {{ step.map_table }}
JOIN {{ step.base }} ON {{ step.same_key }}
{%- for join in conditional.joins %}
{{ join }}
{%- endfor %}
WHERE {{ conditional.state }} = 'migrated'
  AND {{ conditional.differs }};
{% endif -%}
{% endif -%}
{% if let Some(unclaimed) = target.unclaimed %}
-- Rows of {{ target.name }} without an entry of any map.
SELECT {{ target.key }}
FROM {{ target.table }}
{%- for line in unclaimed %}
{% if loop.first %}WHERE{% else %}  AND{% endif %} {{ line.sql }}{% if let Some(remark) = line.remark %} -- {{ remark }}{% endif %}
{%- endfor %}
;
{% endif -%}
{% for column in target.columns %}
-- {{ column.name }}: {{ column.rule }}
{%- for line in column.blocked %}
-- {{ line }}
{%- endfor %}
{% if column.blocked.is_empty() -%}
SELECT {{ column.label }} AS deviates, {{ step.entry_key }}, {{ target.entry }},
  {{ column.expected }} AS expected,
  {{ column.found }} AS found
FROM {{ step.map_table }}
JOIN {{ target.table }} ON {{ target.key }} = {{ target.entry }}
JOIN {{ step.base }} ON {{ step.same_key }}
{%- for join in column.joins %}
{{ join }}
{%- endfor %}
{%- for condition in column.conditions %}
{% if loop.first %}WHERE{% else %}  AND{% endif %} {{ condition }}
{%- endfor %};
{% endif -%}
{% endfor -%}
{% endfor -%}
{{ step.section.end }}{% endfor -%}
