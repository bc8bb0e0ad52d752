{% include "sql/head.sql" -%}
{% for step in steps -%}
{% include "sql/section.sql" -%}
{% if let Some(reason) = step.irreversible -%}
-- This map is not taken back: {{ reason }}
{% else -%}
{{ begin }};
{% if let Some(keep_away) = keep_away -%}
{{ keep_away }};
{% endif -%}
{% for target in step.targets -%}
DELETE FROM {{ target.table }}
WHERE {{ target.key }} IN (SELECT {{ step.alias }}.{{ target.entry }} FROM {{ step.table }} AS {{ step.alias }} WHERE {{ step.alias }}.state = 'migrated'){% if target.last_first %}
ORDER BY {{ target.key }} DESC{% endif %};
{% endfor -%}
DELETE FROM {{ step.table }};
COMMIT;
{{ step.section.end }}{% endif -%}
{% endfor -%}
