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
{%- endif %}
