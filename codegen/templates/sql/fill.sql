{{ batch.create }}
SELECT
{%- for column in batch.columns %}
  {{ column }}{% if !loop.last %},{% endif %}
{%- endfor %}
FROM {{ batch.base }}
{%- for join in batch.joins %}
{{ join }}
{%- endfor %}
{%- for line in batch.conditions %}
{% if loop.first %}WHERE{% else %}  AND{% endif %} {{ line.sql }}{% if let Some(remark) = line.remark %} -- {{ remark }}{% endif %}
{%- endfor %}
