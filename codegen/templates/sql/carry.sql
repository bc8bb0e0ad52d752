{% for write in step.writes %}
{% if let Some(counter) = write.counter -%}
SET IDENTITY_INSERT {{ counter }} ON;
{% endif -%}
{% match write.pairs -%}
{% when Some with (pairs) -%}
MERGE INTO {{ write.insert.table }} AS [cutover_target]
USING (
  SELECT
{%- for column in pairs.read %}
    {{ column }}{% if !loop.last || !write.insert.values.is_empty() %},{% endif %}
{%- endfor %}
{%- for value in write.insert.values %}
    {{ value.sql }} AS {{ pairs.names[loop.index0] }}{% if !loop.last %},{% endif %}{% if let Some(remark) = value.remark %} -- {{ remark }}{% endif %}
{%- endfor %}
  FROM {{ write.insert.batch }}
  JOIN {{ write.insert.base }} ON {{ write.insert.on }}
{%- for join in write.insert.joins %}
  {{ join }}
{%- endfor %}
{%- if let Some(only) = write.insert.only %}
  WHERE {{ only }}
{%- endif %}
) AS [cutover_source] ON 1 = 0
WHEN NOT MATCHED THEN INSERT ({{ write.insert.columns }})
  VALUES ({{ pairs.values }})
OUTPUT {{ pairs.output }} INTO {{ pairs.table }} ({{ pairs.columns }});

UPDATE [cutover_batch] SET {{ pairs.key }} = [cutover_pairs].{{ pairs.key }}
FROM {{ step.batch }} AS [cutover_batch]
JOIN {{ pairs.table }} AS [cutover_pairs] ON {{ pairs.same }};
{% when None -%}
{% let insert = write.insert -%}
{% include "sql/insert.sql" %};
{% endmatch -%}
{% if let Some(counter) = write.counter -%}
SET IDENTITY_INSERT {{ counter }} OFF;
{% endif -%}
{% endfor -%}
