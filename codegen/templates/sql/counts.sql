{% include "sql/head.sql" -%}
{% for step in steps -%}
{% include "sql/section.sql" -%}
{% if step.section.blocked.is_empty() -%}
SELECT {{ step.name }} AS map,
  (SELECT COUNT(*)
   FROM {{ step.base }}
{%- for join in step.joins %}
   {{ join }}
{%- endfor %}
{%- for line in step.scope %}
   {% if loop.first %}WHERE{% else %}  AND{% endif %} {{ line.sql }}{% if let Some(remark) = line.remark %} -- {{ remark }}{% endif %}
{%- endfor %}
  ) AS in_scope,
  (SELECT COUNT(*) FROM {{ step.table }} WHERE state = 'migrated') AS migrated,
  (SELECT COUNT(*) FROM {{ step.table }} WHERE state = 'found') AS found,
  (SELECT COUNT(*) FROM {{ step.table }} WHERE state = 'rejected') AS rejected,
  (SELECT COUNT(*)
   FROM {{ step.base }}
{%- for join in step.joins %}
   {{ join }}
{%- endfor %}
   WHERE {{ step.no_entry.sql }}
{%- for line in step.scope %}
     AND {{ line.sql }}
{%- endfor %}
  ) AS pending;
{{ step.section.end }}{% endif -%}
{% endfor -%}
