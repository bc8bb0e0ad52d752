{% include "sql/head.sql" -%}
{% for step in steps -%}
{% include "sql/section.sql" -%}
{% if step.section.blocked.is_empty() -%}
{% include "sql/temporary.sql" -%}
{{ begin }};
{% if let Some(keep_away) = keep_away -%}
{{ keep_away }};
{% endif %}
{%- if step.waits %}
-- A row waits for the row of this map that it refers to: all of this is done until nothing more can be carried.
DECLARE @Rows INT = 1;
WHILE @Rows > 0
BEGIN
{% for table in step.tables -%}
DELETE FROM {{ table.name }};
{% endfor -%}
{% endif %}
-- Rows that can be carried, and keys that are known already. What a condition leaves out stays pending.
INSERT INTO {{ step.batch }} ({{ step.known }})
SELECT
{%- for column in step.fill.columns %}
  {{ column }}{% if !loop.last %},{% endif %}
{%- endfor %}
FROM {{ step.fill.base }}
{%- for join in step.fill.joins %}
{{ join }}
{%- endfor %}
{%- for line in step.fill.conditions %}
{% if loop.first %}WHERE{% else %}  AND{% endif %} {{ line.sql }}{% if let Some(remark) = line.remark %} -- {{ remark }}{% endif %}
{%- endfor %}
;
{% include "sql/carry.sql" %}
INSERT INTO {{ step.entries.table }} ({{ step.entries.legacy }}, state, {{ step.entries.keys }})
SELECT {{ step.entries.legacy }}, 'migrated', {{ step.entries.keys }}
FROM {{ step.entries.batch }};
{% if step.waits %}
SET @Rows = (SELECT COUNT(*) FROM {{ step.batch }});
END;
{% endif %}
COMMIT;
{% for table in step.tables -%}
DROP TABLE {{ table.name }};
{% endfor -%}
{{ step.section.end }}{% endif -%}
{% endfor -%}
