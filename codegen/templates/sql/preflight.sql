{% include "sql/head.sql" -%}
{% for step in steps -%}
{% include "sql/section.sql" -%}
{% for obligation in step.obligations %}
-- {{ obligation.title }}
{%- for line in obligation.remarks %}
-- {{ line }}
{%- endfor %}
{% if let Some(query) = obligation.query -%}
SELECT {{ query.top }}{{ query.label }} AS obligation, COUNT(*) OVER () AS offenders
{%- for key in query.keys %}, {{ key }}{% endfor %}
FROM
{%- for line in query.from %} {{ line }}{% if !loop.last %}
 {% endif %}{% endfor %}
{%- for line in query.conditions %}
{% if loop.first %}WHERE{% else %}  AND{% endif %} {{ line.sql }}{% if let Some(remark) = line.remark %} -- {{ remark }}{% endif %}
{%- endfor %}
ORDER BY {% for key in query.keys %}{{ key }}{% if !loop.last %}, {% endif %}{% endfor %}{% if !query.limit.is_empty() %}
{{ query.limit }}{% endif %};
{{ obligation.end }}{% endif -%}
{% endfor -%}
{% endfor -%}
