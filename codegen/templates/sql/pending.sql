{% include "sql/head.sql" -%}
{% for step in steps -%}
{% include "sql/section.sql" -%}
{% if step.section.blocked.is_empty() -%}
{% for page in step.pages -%}
{% for line in page.declared -%}
{{ line }}
{% endfor -%}
SELECT {{ page.top }}{{ step.key }}
FROM {{ step.base }}
{%- for join in step.joins %}
{{ join }}
{%- endfor %}
{%- for line in step.conditions %}
{% if loop.first %}WHERE{% else %}  AND{% endif %} {{ line.sql }}{% if let Some(remark) = line.remark %} -- {{ remark }}{% endif %}
{%- endfor %}
{%- if let Some(after) = page.after %}
  AND {{ after }}
{%- endif %}
ORDER BY {{ step.key }}{% if !page.limit.is_empty() %}
{{ page.limit }}{% endif %};
{{ step.section.end }}{% if !loop.last %}
{% endif -%}
{% endfor -%}
{% endif -%}
{% endfor -%}
